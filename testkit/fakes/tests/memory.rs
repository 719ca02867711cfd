//! Large media pass through. A process of its own, since it looks at the memory of the whole process.

#![cfg(target_os = "linux")]

use fakes::{Fake, GATEWAY_KEY, World, media};
use std::io::{Read, Write};
use std::net::TcpStream;

const FILE_BYTES: u64 = 200 << 20;
/// Far below the file, far above the buffers of two connections.
const ALLOWED_GROWTH_KIB: u64 = 24 * 1024;

fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .expect("VmHWM");
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .expect("a number")
}

fn download(address: std::net::SocketAddr) -> u64 {
    let mut stream = TcpStream::connect(address).expect("listens");
    stream
        .write_all(b"GET /claw/large.mp4 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .expect("sent");
    std::io::copy(&mut stream, &mut std::io::sink()).expect("read")
}

#[test]
fn two_hundred_megabytes_go_both_ways_in_constant_memory() {
    let world = World::builder().start().expect("starts");
    let (gateway, file) = (world.gateway(), media::mp4(60_000, FILE_BYTES, true));
    world.media().put("/claw/large.mp4", file.clone());
    let before = peak_memory_kib();

    assert!(download(world.media().http_addr()) > FILE_BYTES);

    let head = "--XX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\n";
    let tail = "\r\n--XX--\r\n";
    let mut stream = TcpStream::connect(gateway.http_addr()).expect("listens");
    write!(
        stream,
        "POST /libtv/v1/upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {GATEWAY_KEY}\r\n\
         content-type: multipart/form-data; boundary=XX\r\ncontent-length: {}\r\n\r\n{head}",
        head.len() as u64 + FILE_BYTES + tail.len() as u64
    )
    .expect("sent");
    file.copy_to(&stream).expect("sent");
    stream.write_all(tail.as_bytes()).expect("sent");
    stream.read_to_end(&mut Vec::new()).expect("answered");

    let upload = gateway.uploads().remove(0);
    assert_eq!((upload.bytes, upload.sha256), (FILE_BYTES, file.sha256()));
    let growth = peak_memory_kib() - before;
    assert!(
        growth < ALLOWED_GROWTH_KIB,
        "the process grew by {growth} KiB"
    );
}
