//! Which IP addresses are on the public internet. Pure. Everything with a special meaning is refused, also the
//! translations (NAT64, 6to4, mapped) through which a private address could be reached under a public name. Two kinds of
//! special addresses stand for a public one, and are distinguished here: a proxy's fake-ip, and NAT64. For whom they count is
//! decided in `connector.rs`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressClass {
    /// Routable on the public internet: the only class that is connected to.
    Global,
    /// This machine.
    Loopback,
    /// `0.0.0.0`, `::` and the rest of `0.0.0.0/8`.
    Unspecified,
    /// RFC 1918, unique local and site-local addresses.
    Private,
    /// Shared address space of carriers, `100.64.0.0/10`.
    CarrierNat,
    /// Link-local: also where clouds serve their metadata.
    LinkLocal,
    /// Documentation, benchmarking, protocol assignments.
    Special,
    /// Multicast and broadcast.
    Multicast,
    /// An IPv6 form that carries an IPv4 address: mapped, compatible, NAT64, 6to4, Teredo.
    Embedded,
    /// Not assigned.
    Reserved,
}

/// Says what kind of address `address` is.
pub fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => classify_v6(address),
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    match address.octets() {
        [0, ..] => AddressClass::Unspecified,
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [100, 64..=127, ..] => AddressClass::CarrierNat,
        [169, 254, ..] => AddressClass::LinkLocal,
        // Protocol assignments and documentation, 6to4 relays, and the anycast networks of AS112 and AMT.
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [192, 31, 196, _]
        | [192, 52, 193, _]
        | [192, 175, 48, _] => AddressClass::Special,
        // Benchmarks and documentation.
        [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => AddressClass::Special,
        [224..=239, ..] | [255, 255, 255, 255] => AddressClass::Multicast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => AddressClass::Global,
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // The order counts: some of these lie in 2000::/3, which is public as a whole.
        // Mapped, compatible, translated (SIIT), NAT64 (well-known and local), 6to4, Teredo.
        [0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, _, 0, ..]
        | [0x64, 0xff9b, ..]
        | [0x2002, ..]
        | [0x2001, 0, ..] => AddressClass::Embedded,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        // Protocol assignments (benchmarking, ORCHID, drone ids), documentation, AS112.
        [0x2001, 1..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2620, 0x4f, 0x8000, ..] => {
            AddressClass::Special
        }
        [0x2000..=0x3fff, ..] => AddressClass::Global,
        _ => AddressClass::Reserved,
    }
}

/// Whether `address` is one that a proxy in TUN mode (Clash, Surge, sing-box, Xray: "fake-ip") answers for every name, and
/// turns into a connection to that name. No network has hosts there: 198.18.0.0/15 is for benchmarks, and of fc00::/7 only the
/// other half, fd00::/8, is for networks of one's own.
pub(super) fn is_fake_ip(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => matches!(address.octets(), [198, 18..=19, ..]),
        IpAddr::V6(address) => {
            matches!(address.segments(), [0xfc00, 0..=0x3fff, ..])
                || address
                    .to_ipv4_mapped()
                    .is_some_and(|address| is_fake_ip(address.into()))
        }
    }
}

/// Where RFC 6052 puts the four octets of an IPv4 address, by the prefix's length: 48, 56, 64 and 96 bits. Octet 8 is left out.
const NAT64_FORMS: [[usize; 4]; 4] = [
    [6, 7, 9, 10],
    [7, 9, 10, 11],
    [9, 10, 11, 12],
    [12, 13, 14, 15],
];

/// Whether `address` is how a network without IPv4 reaches a public IPv4 address: NAT64, under the well-known prefix
/// (RFC 6052) or one for local use (RFC 8215). The latter's length isn't known here, so every reading has to be public.
pub(super) fn is_nat64_of_public(address: IpAddr) -> bool {
    let IpAddr::V6(address) = address else {
        return false;
    };
    let forms = match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => &NAT64_FORMS[3..],
        [0x64, 0xff9b, 1, ..] => &NAT64_FORMS[..],
        _ => return false,
    };
    let octets = address.octets();
    if octets[8] != 0 {
        return false;
    }
    let mut embedded = forms.iter().filter_map(|form| {
        let address = form.map(|index| octets[index]);
        // What stands behind the address is zero; and three zeros at its end are another form's end, and no host.
        let ends_there = octets[form[3] + 1..].iter().all(|octet| *octet == 0);
        (ends_there && address[1..] != [0, 0, 0]).then_some(address)
    });
    let public =
        |[a, b, c, d]: [u8; 4]| classify_v4(Ipv4Addr::new(a, b, c, d)) == AddressClass::Global;
    embedded.next().is_some_and(public) && embedded.all(public)
}

/// Whether `host` is meant as an IPv4 address although it isn't written as one: `0x7f.1`, `2130706433`, `127.1`.
/// Resolvers accept these.
pub(super) fn is_odd_numeric(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = !last.is_empty()
        && (last.bytes().all(|b| b.is_ascii_digit())
            || last.to_ascii_lowercase().starts_with("0x"));
    numeric && host.parse::<Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> AddressClass {
        classify(text.parse().unwrap())
    }

    #[test]
    fn public_addresses_are_global() {
        for text in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2400::1",
        ] {
            assert_eq!(class(text), AddressClass::Global, "{text}");
        }
    }

    #[test]
    fn private_local_and_special_addresses_are_not() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "4000::1",
        ] {
            assert_ne!(class(text), AddressClass::Global, "{text}");
        }
    }

    #[test]
    fn a_proxys_fake_ip_is_known_and_the_networks_beside_it_are_not_taken_for_it() {
        for text in [
            "198.18.0.0",
            "198.18.0.7",
            "198.19.255.255",
            "fc00::1",
            "fc00:3fff:ffff::1",
            "::ffff:198.18.0.7",
        ] {
            assert!(is_fake_ip(text.parse().unwrap()), "{text}");
        }
        for text in [
            "198.17.255.255",
            "198.20.0.0",
            "192.168.18.1",
            "fc00:4000::1",
            "fd00::1",
            "fd00:ec2::254",
            "fe80::1",
            "::1",
            "::ffff:10.0.0.1",
            "::198.18.0.7",
            "64:ff9b::198.18.0.7",
        ] {
            assert!(!is_fake_ip(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn of_a_nat64_address_the_embedded_one_decides() {
        for text in [
            "64:ff9b::8.8.8.8",
            "64:ff9b::110.242.68.66",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1:fffe::8.8.8.8",
            // 8.8.4.10 behind prefixes of 64, 56 and 48 bits.
            "64:ff9b:1:abcd:8:804:a00:0",
            "64:ff9b:1:ab08:8:40a::",
            "64:ff9b:1:808:4:a00::",
        ] {
            assert!(is_nat64_of_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "64:ff9b::",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::192.168.1.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b::100.64.0.1",
            "64:ff9b::198.18.0.7",
            "64:ff9b::224.0.0.1",
            // No prefix of 96 bits is this one.
            "64:ff9b::1:8.8.8.8",
            "64:ff9b:2::8.8.8.8",
            "64:ff9b:1::10.0.0.1",
            "64:ff9b:1::127.0.0.1",
            "64:ff9b:1::169.254.169.254",
            // 10.0.0.1 and 192.168.1.1 behind prefixes of 64, 56 and 48 bits.
            "64:ff9b:1:abcd:a:0:100:0",
            "64:ff9b:1:ab0a:0:1::",
            "64:ff9b:1:a00:0:100::",
            "64:ff9b:1:abcd:c0:a801:100:0",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "2001:67c:2b0::8.8.8.8",
            "8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_nat64_of_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn odd_spellings_of_addresses_are_recognised() {
        for host in [
            "0x7f.0.0.1",
            "2130706433",
            "127.1",
            "0177.0.0.1",
            "0x7f000001",
            "1.2.3.4.5",
        ] {
            assert!(is_odd_numeric(host), "{host}");
        }
        for host in ["127.0.0.1", "open.feishu.cn", "a.0b", "localhost"] {
            assert!(!is_odd_numeric(host), "{host}");
        }
    }
}
