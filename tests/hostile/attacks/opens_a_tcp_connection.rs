//! Connects to a host of its own choice, without HTTP.

use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(wasi::name)?;
    let address = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 443,
        address: (127, 0, 0, 1),
    });
    socket
        .start_connect(&instance_network(), address)
        .map_err(wasi::name)?;
    Ok(got("a connection"))
}
