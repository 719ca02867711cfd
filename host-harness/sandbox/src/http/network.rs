//! The system's network, as far as connections need it: names to addresses, addresses to connections. A trait, so that
//! tests can be the name server. Not here: which of the addresses may be connected to.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::net::TcpStream;

pub(super) type Found<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// What connections need of a network. Neither function decides anything: every check is the connector's.
pub(super) trait Network: Send + Sync {
    /// Every address of a name, in the resolver's order. Asked once for each connection.
    fn addresses<'a>(&'a self, host: &'a str, port: u16) -> Found<'a, Vec<SocketAddr>>;

    /// A connection to an address, which has been checked.
    fn connect(&self, address: SocketAddr) -> Found<'_, TcpStream>;
}

/// The network of this machine.
pub(super) struct System;

impl Network for System {
    fn addresses<'a>(&'a self, host: &'a str, port: u16) -> Found<'a, Vec<SocketAddr>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }

    fn connect(&self, address: SocketAddr) -> Found<'_, TcpStream> {
        Box::pin(TcpStream::connect(address))
    }
}
