//! Addresses that no connection may go to, with their class. From the IANA registries of special-purpose IPv4 and IPv6
//! addresses (RFC 6890 and what came after), multicast (RFC 5771, RFC 4291), and what is not assigned at all. Stricter
//! than the registries' "globally reachable": anycast and translation services are no place for a service of ours.

use crate::http::AddressClass::{
    self, CarrierNat, Embedded, LinkLocal, Loopback, Multicast, Private, Reserved, Special,
    Unspecified,
};

pub(super) const REFUSED: [(&str, AddressClass); 104] = [
    // "This network": RFC 791.
    ("0.0.0.0", Unspecified),
    ("0.0.0.1", Unspecified),
    ("0.255.255.255", Unspecified),
    // Loopback: RFC 1122.
    ("127.0.0.1", Loopback),
    ("127.0.0.53", Loopback),
    ("127.1.2.3", Loopback),
    ("127.255.255.255", Loopback),
    // Private use: RFC 1918.
    ("10.0.0.0", Private),
    ("10.0.0.1", Private),
    ("10.255.255.255", Private),
    ("172.16.0.0", Private),
    ("172.20.1.1", Private),
    ("172.31.255.255", Private),
    ("192.168.0.0", Private),
    ("192.168.1.1", Private),
    ("192.168.255.255", Private),
    // Shared address space: RFC 6598. Some clouds serve their metadata there.
    ("100.64.0.0", CarrierNat),
    ("100.100.100.200", CarrierNat),
    ("100.127.255.255", CarrierNat),
    // Link-local: RFC 3927. Most clouds serve their metadata there.
    ("169.254.0.0", LinkLocal),
    ("169.254.169.254", LinkLocal),
    ("169.254.170.2", LinkLocal),
    ("169.254.255.255", LinkLocal),
    // Protocol assignments: RFC 6890, with PCP and TURN anycast (RFC 7723, RFC 8155), NAT64 discovery (RFC 7050).
    ("192.0.0.0", Special),
    ("192.0.0.1", Special),
    ("192.0.0.8", Special),
    ("192.0.0.9", Special),
    ("192.0.0.10", Special),
    ("192.0.0.170", Special),
    ("192.0.0.171", Special),
    ("192.0.0.255", Special),
    // Documentation: RFC 5737.
    ("192.0.2.0", Special),
    ("192.0.2.255", Special),
    ("198.51.100.1", Special),
    ("198.51.100.255", Special),
    ("203.0.113.0", Special),
    ("203.0.113.255", Special),
    // AS112: RFC 7535, RFC 7534. AMT: RFC 7450. 6to4 relay anycast: RFC 7526.
    ("192.31.196.1", Special),
    ("192.175.48.1", Special),
    ("192.52.193.1", Special),
    ("192.88.99.1", Special),
    // Benchmarking: RFC 2544.
    ("198.18.0.0", Special),
    ("198.19.255.255", Special),
    // Multicast: RFC 5771. Limited broadcast: RFC 919.
    ("224.0.0.0", Multicast),
    ("224.0.0.251", Multicast),
    ("239.255.255.250", Multicast),
    ("239.255.255.255", Multicast),
    ("255.255.255.255", Multicast),
    // Reserved: RFC 1112.
    ("240.0.0.0", Reserved),
    ("250.1.1.1", Reserved),
    ("255.255.255.254", Reserved),
    // Unspecified and loopback: RFC 4291.
    ("::", Unspecified),
    ("::1", Loopback),
    ("0:0:0:0:0:0:0:1", Loopback),
    // IPv4-mapped, also of public addresses: RFC 4291.
    ("::ffff:127.0.0.1", Embedded),
    ("::ffff:10.0.0.1", Embedded),
    ("::ffff:169.254.169.254", Embedded),
    ("::ffff:7f00:1", Embedded),
    ("::ffff:8.8.8.8", Embedded),
    // IPv4-compatible, deprecated: RFC 4291.
    ("::2", Embedded),
    ("::127.0.0.1", Embedded),
    ("::10.0.0.1", Embedded),
    ("::8.8.8.8", Embedded),
    // IPv4-translated: RFC 2765.
    ("::ffff:0:127.0.0.1", Embedded),
    ("::ffff:0:8.8.8.8", Embedded),
    // NAT64, well-known and local use: RFC 6052, RFC 8215.
    ("64:ff9b::", Embedded),
    ("64:ff9b::127.0.0.1", Embedded),
    ("64:ff9b::10.0.0.1", Embedded),
    ("64:ff9b::a9fe:a9fe", Embedded),
    ("64:ff9b:1::10.0.0.1", Embedded),
    ("64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Embedded),
    // Teredo: RFC 4380. 6to4: RFC 3056.
    ("2001::1", Embedded),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Embedded),
    ("2002:7f00:1::", Embedded),
    ("2002:a00:1::1", Embedded),
    ("2002:a9fe:a9fe::1", Embedded),
    ("2002:808:808::1", Embedded),
    // Discard-only: RFC 6666. Dummy prefix: RFC 9780. Segment routing: RFC 9602. Both are outside of 2000::/3.
    ("100::", Reserved),
    ("100::1", Reserved),
    ("100:0:0:1::1", Reserved),
    ("5f00::1", Reserved),
    // Protocol assignments below 2001::/23: PCP, TURN and DNS-SD anycast, benchmarking, AMT, AS112, ORCHID, drones.
    ("2001:1::1", Special),
    ("2001:1::2", Special),
    ("2001:1::3", Special),
    ("2001:2::1", Special),
    ("2001:3::1", Special),
    ("2001:4:112::1", Special),
    ("2001:10::1", Special),
    ("2001:20::1", Special),
    ("2001:30::1", Special),
    ("2001:1ff:ffff::1", Special),
    // AS112: RFC 7534. Documentation: RFC 3849, RFC 9637.
    ("2620:4f:8000::1", Special),
    ("2001:db8::1", Special),
    ("3fff::1", Special),
    ("3fff:fff:ffff::1", Special),
    // Unique local: RFC 4193. Site-local, deprecated: RFC 3879.
    ("fc00::1", Private),
    ("fd00:ec2::254", Private),
    ("fdff:ffff:ffff::1", Private),
    ("fec0::1", Private),
    // Link-local: RFC 4291.
    ("fe80::1", LinkLocal),
    ("febf::1", LinkLocal),
    // Multicast: RFC 4291.
    ("ff02::1", Multicast),
    // Not assigned.
    ("4000::1", Reserved),
    ("fe00::1", Reserved),
];
