//! Bodies that leave encrypted: by the vectors of NIST and RFC 1321, however they come in pieces.

use super::super::pieces::Pieces;
use super::*;

/// NIST SP 800-38A, F.1.1 (ECB-AES128.Encrypt): the key, and two of its blocks.
const KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
const CIPHER: &str = "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf";

fn body(pieces: &[&[u8]]) -> WasiBody {
    let pieces = pieces.iter().map(|piece| Bytes::copy_from_slice(piece));
    Pieces::of(pieces).boxed_unsync()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn request(pieces: &[&[u8]], announced: usize) -> Request<WasiBody> {
    let request = Request::post("https://a.example/").header(seal::KEY, KEY);
    request
        .header("content-length", announced)
        .body(body(pieces))
        .unwrap()
}

async fn leaves(pieces: &[&[u8]]) -> Vec<u8> {
    let sealed = sealed(request(pieces, pieces.concat().len())).unwrap();
    assert!(
        !sealed.headers().contains_key(seal::KEY),
        "the key is the harness's to read"
    );
    let length = sealed.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(sealed.body().size_hint().exact(), Some(length));
    let left = sealed.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(left.len() as u64, length);
    left.to_vec()
}

#[tokio::test]
async fn each_block_is_that_of_the_standard_and_padding_follows() {
    let plain = unhex(PLAIN);
    let left = leaves(&[&plain]).await;
    assert_eq!(left[..32], unhex(CIPHER));
    assert_eq!(
        left.len(),
        48,
        "a last block that is full has one of padding behind it"
    );
    // Whatever the pieces are, the blocks are the same.
    for at in [1, 15, 16, 17, 31] {
        assert_eq!(leaves(&[&plain[..at], &plain[at..]]).await, left, "{at}");
    }
    let single: Vec<&[u8]> = plain.chunks(1).collect();
    assert_eq!(leaves(&single).await, left);
    assert_eq!(leaves(&[&plain[..20]]).await.len(), 32);
    assert_eq!(leaves(&[]).await.len(), 16);
}

#[tokio::test]
async fn a_body_of_another_length_than_was_said_never_comes_to_its_end() {
    for (pieces, announced) in [
        (&[&b"abc"[..]][..], 4),
        (&[&b"abc"[..]][..], 2),
        (&[][..], 1),
    ] {
        let sealed = sealed(request(pieces, announced)).unwrap();
        assert!(sealed.into_body().collect().await.is_err(), "{announced}");
    }
}

#[test]
fn without_a_key_or_a_length_nothing_leaves() {
    for (name, value) in [("a", "b"), (seal::KEY, KEY), (seal::KEY, "00")] {
        let request = Request::post("https://a.example/").header(name, value);
        assert!(sealed(request.body(body(&[])).unwrap()).is_none());
    }
}

#[tokio::test]
async fn a_body_that_is_measured_is_told_its_length_and_its_md5() {
    for (pieces, bytes, md5) in [
        (&[][..], 0, "d41d8cd98f00b204e9800998ecf8427e"),
        (
            &[&b"message "[..], &b"digest"[..]][..],
            14,
            "f96b697d7cb7938d525a2f31aaf161d0",
        ),
    ] {
        let quiet = Duration::from_secs(1);
        let said = measured(body(pieces), &Progress::new(), quiet)
            .await
            .unwrap();
        let said: serde_json::Value = serde_json::from_slice(said.body()).unwrap();
        assert_eq!(said, serde_json::json!({"bytes": bytes, "md5": md5}));
    }
}
