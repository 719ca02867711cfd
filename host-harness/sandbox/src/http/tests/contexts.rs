//! What a conversation is known by, which the harness puts into a message.

use contract::services::Member;

use super::tests::{LEADS, NOBODY, chat, meter};
use super::*;

#[tokio::test]
async fn a_conversation_is_known_by_what_is_put_in_for_its_recipient_and_by_nothing_that_was_said()
{
    const SENDS: Route = Route {
        recipient: Some(Place::JsonField {
            name: "msg.to",
            kind: IdKind::Always("person"),
        }),
        members: &[Member::needed(
            "msg",
            Shape::Object(&[
                Member::needed("to", Shape::Text),
                Member::may("context", Shape::Context),
            ]),
        )],
        ..LEADS
    };
    let chat = chat();
    for id in ["x", "y"] {
        chat.recipients
            .note_derived(NOBODY, "person", id.to_owned());
    }
    let contexts = Contexts {
        of: [("x", "secret-of-x"), ("z", "secret-of-z")]
            .map(|(id, secret)| (id.to_owned(), crate::secrets::Secret::new(secret)))
            .into(),
        latest: None,
    };
    for (said, leaves) in [
        (
            r#"{"msg":{"to":"x"}}"#,
            Ok(r#"{"msg":{"to":"x","context":"secret-of-x"}}"#),
        ),
        (
            r#"{"msg":{"to":"x","context":null}}"#,
            Ok(r#"{"msg":{"to":"x","context":"secret-of-x"}}"#),
        ),
        // Somebody of whom nothing is known.
        (r#"{"msg":{"to":"y"}}"#, Ok(r#"{"msg":{"to":"y"}}"#)),
        (r#"{"msg":{"to":"z"}}"#, Err(RefusalReason::Recipient)),
        (
            r#"{"msg":{"to":"y","context":"made up"}}"#,
            Err(RefusalReason::Message),
        ),
        (
            r#"{"msg":{"to":"y","context":"secret-of-x"}}"#,
            Err(RefusalReason::Message),
        ),
        (
            r#"{"msg":{"to":["x"],"context":""}}"#,
            Err(RefusalReason::Message),
        ),
    ] {
        let request = Request::post("https://c/users/@me/channels")
            .header("content-type", "application/json")
            .body(full(Bytes::from(said)));
        let asking = Asking {
            contexts: Some(&contexts),
            ..Asking::of(&SENDS, &chat.recipients)
        };
        let admitted = admit(request.unwrap(), asking, &Arc::new(meter())).await;
        let Ok(admitted) = admitted.map_err(|refusal| assert_eq!(Err(refusal.reason), leaves))
        else {
            continue;
        };
        let length = admitted.request.headers()["content-length"].clone();
        let body = admitted
            .request
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes();
        assert_eq!(
            std::str::from_utf8(&body).map_err(|_| RefusalReason::Body),
            leaves
        );
        assert_eq!(length, body.len().to_string());
    }
}
