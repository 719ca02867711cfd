//! What is to be submitted, as the typed export takes it. Not here: whether it can be (`submit`).

use contract::commands::is_nowhere;

use crate::channel;

/// What is to be submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The user's words.
    pub text: Option<String>,
    /// The session to continue, or a unique prefix of its id.
    pub session_id: Option<String>,
    /// The service that makes it; none for the one that is configured.
    pub service: Option<String>,
    /// What is asked for, where that is known.
    pub kind: Option<Medium>,
    /// The ratio of a new video whose words name none; none for the configured one.
    pub ratio: Option<String>,
    /// Where results go; none for where they usually do.
    pub destination: Option<Destination>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A film or clip.
    Video,
    /// A picture.
    Image,
}

impl Medium {
    /// The word for it on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Image => "image",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let mut all = [Self::Video, Self::Image].into_iter();
        all.find(|one| one.name() == word)
    }

    /// Reads the number of a case, as the code that is made of the WIT calls it: 0 is the first one.
    #[doc(hidden)]
    #[must_use]
    pub const fn _lift(case: u8) -> Self {
        match case {
            0 => Self::Video,
            // There is no other: the canonical ABI traps before it hands a number over that is no case.
            _ => Self::Image,
        }
    }
}

/// To whom results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To nobody, whatever session and settings say.
    Nowhere,
    /// To a chat.
    To(Route),
}

/// A chat, and the place in it. What is left out is as in the session that goes on, else as the settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The channel.
    pub channel: Option<String>,
    /// Which of several accounts of it writes.
    pub account: Option<String>,
    /// The user or chat.
    pub chat: Option<String>,
    /// The topic or thread.
    pub thread: Option<String>,
    /// The message that is answered.
    pub reply_to: Option<String>,
}

impl Destination {
    /// As options name it: an empty channel or chat says that results go nowhere. A channel that nobody knows stays, so that
    /// a slip in its name is told now and not when somebody asks for the result.
    #[must_use]
    pub fn of_options(route: Route) -> Self {
        let named = route.channel.as_deref().map(str::trim);
        let slip = named.is_some_and(|name| !name.is_empty() && channel::of(name).is_none());
        if is_nowhere(route.channel.as_deref(), route.chat.as_deref()) && !slip {
            return Self::Nowhere;
        }
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Self::To(Route {
            channel: filled(route.channel),
            account: filled(route.account),
            chat: filled(route.chat),
            thread: filled(route.thread),
            reply_to: filled(route.reply_to),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(channel: Option<&str>, chat: Option<&str>) -> Destination {
        Destination::of_options(Route {
            channel: channel.map(str::to_owned),
            chat: chat.map(str::to_owned),
            ..Route::default()
        })
    }

    #[test]
    fn an_empty_value_means_nowhere_and_a_slip_in_the_channel_is_kept_to_be_told() {
        assert_eq!(of(Some(""), None), Destination::Nowhere);
        assert_eq!(of(Some("Feishu"), Some(" ")), Destination::Nowhere);
        for (channel, chat) in [
            (Some("fieshu"), Some("")),
            (None, None),
            (None, Some("oc_1")),
        ] {
            let Destination::To(route) = of(channel, chat) else {
                panic!("{channel:?} {chat:?}");
            };
            assert_eq!(route.channel.as_deref(), channel);
        }
    }

    #[test]
    fn a_medium_has_a_word_and_a_number() {
        for (case, medium) in [(0, Medium::Video), (1, Medium::Image)] {
            assert_eq!(Medium::_lift(case), medium);
            assert_eq!(Medium::named(medium.name()), Some(medium));
        }
        let mut words = contract::commands::MEDIA_KINDS.iter();
        assert!(words.all(|word| Medium::named(word).is_some()));
        assert_eq!(Medium::named("sound"), None);
    }
}
