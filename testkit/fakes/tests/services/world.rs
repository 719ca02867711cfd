//! The world as a whole: addresses, certificates, its end.

use crate::client;
use fakes::{
    ARK_MEDIA_HOSTS, DIRECT_HOST, FEISHU_HOST, Fake, GATEWAY_HOST, LARK_HOST, MEDIA_HOST,
    MODELARK_MEDIA_HOSTS, PIPPIT_MEDIA_HOSTS, WEBHOOK_HOST, World,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

const NOTHING: &[u8] = b"GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// Sends exactly this, encrypted for `host`, and reads to the end of the connection.
pub fn over_tls(
    world: &World,
    address: SocketAddr,
    host: &'static str,
    request: &[u8],
) -> std::io::Result<Vec<u8>> {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(world.ca_pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(host).unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, TcpStream::connect(address)?);
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn every_host_is_reached_with_tls_under_its_own_name() {
    let world = World::builder().start().unwrap();
    let pairs = world.connect_to();
    let hosts: HashSet<_> = pairs
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(host, _)| host)
        .collect();
    assert!(hosts.is_superset(&HashSet::from([
        GATEWAY_HOST,
        DIRECT_HOST,
        MEDIA_HOST,
        FEISHU_HOST,
        LARK_HOST
    ])));
    assert_eq!(pairs.split(',').count(), hosts.len(), "each host once");
    for pair in pairs.split(',') {
        let (host, address) = pair.split_once('=').unwrap();
        let answer = over_tls(
            &world,
            address.parse().unwrap(),
            Box::leak(host.to_owned().into_boxed_str()),
            NOTHING,
        );
        let is_of = |hosts: &[&str]| hosts.contains(&host);
        let status = if is_of(&ARK_MEDIA_HOSTS) || is_of(&MODELARK_MEDIA_HOSTS) {
            403 // private
        } else if is_of(&PIPPIT_MEDIA_HOSTS) {
            200 // has something at any path
        } else if host == WEBHOOK_HOST {
            401 // whoever signs nothing is told nothing
        } else {
            404
        };
        assert_eq!(
            client::parse(&answer.unwrap()).unwrap().status,
            status,
            "{host}"
        );
    }
    assert!(world.feishu().requests()[0].tls);
}

#[test]
fn a_host_does_not_answer_under_the_name_of_another() {
    let world = World::builder().start().unwrap();
    assert!(over_tls(&world, world.gateway().https_addr(), GATEWAY_HOST, NOTHING).is_ok());
    assert!(over_tls(&world, world.gateway().https_addr(), FEISHU_HOST, NOTHING).is_err());
}

#[test]
fn the_authority_is_written_where_it_is_wanted() {
    let (world, dir) = (
        World::builder().start().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let path = world.write_ca(dir.path()).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), world.ca_pem());
}

#[test]
fn a_dropped_world_no_longer_listens() {
    let world = World::builder().start().unwrap();
    let (feishu, kept_open) = (
        world.feishu(),
        TcpStream::connect(world.feishu().http_addr()).unwrap(),
    );
    drop(world);
    assert!(TcpStream::connect(feishu.http_addr()).is_err());
    assert_eq!(
        (&kept_open).read(&mut [0; 1]).unwrap_or(0),
        0,
        "open connections end too"
    );
}

#[tokio::test]
async fn a_world_can_be_dropped_in_a_runtime() {
    drop(World::builder().key("mgk_another").start().unwrap());
}
