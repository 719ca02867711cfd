//! Who a message goes to, as a stored route names it: docs/spec.md section 7. The reading itself is the contract's, since the
//! harness reads the same text.

use contract::channels::feishu::recipient::{self, IdType, Target};

use crate::session::Route;

/// The recipient of a route. Earlier versions stored whatever a user wrote, and sent to it as to a chat: so it stays.
fn of(text: &str) -> Target {
    // Refusing here would leave results of an update unsent that the earlier version would have sent.
    recipient::read(text).unwrap_or_else(|_| Target {
        id_type: IdType::ChatId,
        id: text.trim().to_owned(),
        reply_to: None,
    })
}

/// Whether two texts name the same recipient.
pub(super) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (of(one), of(other));
    one.id_type == other.id_type && one.id == other.id
}

/// The recipient with the message that is answered.
pub(super) fn of_route(route: &Route) -> Target {
    let mut target = of(&route.chat);
    target.reply_to = route.reply_to.clone().or(target.reply_to);
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_version_stored_is_a_chat_still() {
        assert_eq!(of("ou_a").id_type, IdType::OpenId);
        let odd = of("slack:C01 ");
        assert_eq!(
            (odd.id_type, odd.id.as_str()),
            (IdType::ChatId, "slack:C01")
        );
    }
}
