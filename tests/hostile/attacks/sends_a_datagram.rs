//! Opens a datagram socket.

use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    let socket = create_udp_socket(IpAddressFamily::Ipv4).map_err(wasi::name)?;
    let address = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 0,
        address: (127, 0, 0, 1),
    });
    socket
        .start_bind(&instance_network(), address)
        .map_err(wasi::name)?;
    Ok(got("a socket"))
}
