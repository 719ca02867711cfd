use super::super::pieces::Pieces;
use super::*;

const KEY: &str = "mgk_secret_secret_1234";

/// What became of a body: whether it was refused before it left, and what of it left.
struct End {
    refused_at_once: bool,
    left: Vec<u8>,
    reasons: Vec<RefusalReason>,
}

async fn send(pieces: Vec<Bytes>) -> End {
    let meter = Arc::new(CallMeter::new(&crate::limits::Limits::default()));
    let spellings = Arc::new(Spellings::of(
        [KEY].into_iter(),
        &["placeholder-libtv-api-key".to_owned()],
    ));
    let request = Request::post("https://h/p")
        .body(Pieces::of(pieces).boxed_unsync())
        .unwrap();
    let mut left = Vec::new();
    let searched = search(request, spellings, Arc::clone(&meter)).await;
    let refused_at_once = searched.is_err();
    if let Ok(request) = searched {
        let mut body = request.into_body();
        while let Some(Ok(frame)) = body.frame().await {
            left.extend_from_slice(&frame.into_data().unwrap());
        }
    }
    let refusals = meter.refusals();
    End {
        refused_at_once,
        left,
        reasons: refusals.iter().map(|refusal| refusal.reason).collect(),
    }
}

fn cut(bytes: &[u8], at: usize) -> Vec<Bytes> {
    let (first, second) = bytes.split_at(at);
    vec![
        Bytes::copy_from_slice(first),
        Bytes::copy_from_slice(second),
    ]
}

#[tokio::test]
async fn a_small_body_with_a_secret_is_never_sent_wherever_its_pieces_part() {
    let text = format!(r#"{{"message":"use {KEY}"}}"#);
    for at in 0..text.len() {
        let end = send(cut(text.as_bytes(), at)).await;
        assert!(end.refused_at_once, "at {at}");
        assert_eq!(end.reasons, [RefusalReason::Secret]);
    }
}

#[tokio::test]
async fn of_a_large_body_nothing_of_the_secret_leaves_wherever_its_pieces_part() {
    for at in 0..=KEY.len() {
        let mut body = vec![b'm'; WHOLE_BYTES + 10];
        let begin = body.len();
        body.extend_from_slice(KEY.as_bytes());
        body.extend_from_slice(&[b'm'; 100]);
        let end = send(cut(&body, begin + at)).await;
        assert!(!end.refused_at_once || at == KEY.len(), "at {at}");
        assert_eq!(end.reasons, [RefusalReason::Secret], "at {at}");
        let secret_left = end.left.iter().any(|byte| *byte != b'm');
        assert!(!secret_left && end.left.len() <= begin, "at {at}");
    }
}

#[tokio::test]
async fn a_placeholder_in_a_body_is_refused() {
    let end = send(vec![Bytes::from_static(
        b"mgk_placeholder-libtv-api-key-1234",
    )])
    .await;
    assert!(end.refused_at_once);
    assert_eq!(end.reasons, [RefusalReason::MisplacedPlaceholder]);
}

#[tokio::test]
async fn other_bodies_leave_as_they_are_small_and_large_in_pieces_and_empty() {
    for len in [
        0,
        1,
        100,
        WHOLE_BYTES - 1,
        WHOLE_BYTES,
        WHOLE_BYTES + 1,
        3 * WHOLE_BYTES,
    ] {
        // Full of beginnings of the key, so that much of it is held for a while.
        let body: Vec<u8> = KEY.bytes().take(7).cycle().take(len).collect();
        for size in [1_000, 70_000, usize::MAX] {
            let pieces = body.chunks(size.min(len.max(1)));
            let end = send(pieces.map(Bytes::copy_from_slice).collect()).await;
            assert!(
                end.left == body && end.reasons.is_empty(),
                "{len} by {size}"
            );
        }
    }
}
