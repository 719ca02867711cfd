//! The chats that results go to: one entry a channel, in a file of its own. What an entry doesn't say about a channel, nobody
//! outside of the channel's own folder may know: its names, its variables, where its credentials stand, and how its
//! recipients are written come from here.
//!
//! Not here: what may be asked of the service behind it (`services`), and how a message is made (`core`).

pub mod dingtalk;
pub mod discord;
pub mod feishu;
pub mod matrix;
pub mod slack;
pub mod telegram;
pub mod webhook;
pub mod wechat;
pub mod wecom;

use crate::services::Service;

pub use dingtalk::DINGTALK;
pub use discord::DISCORD;
pub use feishu::FEISHU;
pub use matrix::MATRIX;
pub use slack::SLACK;
pub use telegram::TELEGRAM;
pub use webhook::WEBHOOK;
pub use wechat::WECHAT;
pub use wecom::WECOM;

/// Every channel. The first is meant where nobody names one.
// An array and no registry: everything that goes through it is known when the program is built.
pub const CHANNELS: [&Channel; 9] = [
    &FEISHU, &DISCORD, &SLACK, &TELEGRAM, &MATRIX, &WEBHOOK, &WECOM, &DINGTALK, &WECHAT,
];

/// One channel.
#[derive(Debug)]
pub struct Channel {
    /// Its name for programs.
    pub id: &'static str,
    /// Its name for people, in the middle of a sentence.
    pub name: &'static str,
    /// The platforms it is the same for, each with the word that agents use for it. The first is the default.
    pub platforms: &'static [Platform],
    /// The service that carries its messages.
    pub service: &'static Service,
    /// How its recipients are written.
    pub recipients: Recipients,
    /// The variables that set it up.
    pub variables: Variables,
    /// Where its credentials stand in OpenClaw's configuration.
    pub section: Section,
    /// What ids look like, for help texts.
    pub example: Example,
    /// The project's document about the service.
    pub document: &'static str,
}

/// What ids look like, for help texts.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// The app's id, as far as all are alike.
    pub app: &'static str,
    /// A chat's id, as far as all are alike.
    pub chat: &'static str,
}

/// One of the platforms that speak alike.
#[derive(Debug, PartialEq, Eq)]
pub struct Platform {
    /// The channel's name as agents, records and configurations write it, in lower case.
    pub word: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Where it is.
    pub origin: &'static str,
}

/// How a channel's recipients are written.
#[derive(Debug)]
pub struct Recipients {
    /// The kinds of id, in the platform's own words.
    pub kinds: &'static [&'static str],
    /// What is accepted, for people.
    pub accepted: &'static str,
    /// Reads a recipient as an agent names it. The error is the end of a sentence, and doesn't repeat the text: it may be a
    /// key in the wrong place.
    pub read: fn(&str) -> Result<Recipient, &'static str>,
    /// The shortest text that is read as the same recipient.
    pub text: fn(&Recipient) -> String,
    /// Reads the id of a message that is answered; the error as before.
    pub message: fn(&str) -> Result<String, &'static str>,
    /// How a topic or thread of a chat is named.
    pub threads: Threads,
}

/// How a message gets into a topic or thread of a chat.
#[derive(Debug, Clone, Copy)]
pub enum Threads {
    /// There are none.
    None,
    /// By answering a message of it, whose id names it. What is said to who names it by something else, as the end of a
    /// sentence.
    ByMessage(&'static str),
    /// It is a recipient of its own, in the place of its chat.
    AsChat,
    /// By an id that stands beside the chat's, and names nothing without it. Reads one; the error as before.
    ById(fn(&str) -> Result<String, &'static str>),
}

/// A recipient that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What kind of id it is: one of the channel's [`Recipients::kinds`].
    pub kind: &'static str,
    /// The id.
    pub id: String,
    /// The message that results are to answer, where the text names one.
    pub reply_to: Option<String>,
    /// The topic or thread that results belong in, where the text names one by an id of its own.
    pub thread: Option<String>,
}

/// The variables that set a channel up. Each is described in `settings`.
#[derive(Debug, PartialEq, Eq)]
pub struct Variables {
    /// The app's id, where the channel's apps have one. No secret.
    pub app: Option<&'static str>,
    /// Which of the apps that share that id it is, where they do. No secret.
    pub agent: Option<&'static str>,
    /// The app's secret.
    pub secret: &'static str,
    /// Another address of the service: what moves it.
    pub base_url: &'static str,
    /// From the harness, in words: where the app was found.
    pub found_in: &'static str,
    /// From the harness, in words: why there is none.
    pub missing: &'static str,
}

/// A channel's part of OpenClaw's configuration: `channels.<name>`, at its top or in one of its `accounts`.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// The name of the part.
    pub name: &'static str,
    /// The variable that says which of its accounts is meant. Only the harness reads it.
    pub chosen_by: &'static str,
    /// Whether of several accounts the first is meant, where none is called `default` and nobody names one: as it was before an
    /// account could be named. Elsewhere a name is asked for.
    pub takes_first: bool,
    /// The member that holds the app's id, where there is one. Of this and the others, `a.b` is the member `b` of the object `a`.
    pub app: Option<&'static str>,
    /// The member that says which of the apps with that id it is: a text or a number.
    pub agent: Option<&'static str>,
    /// The member that holds the app's secret, or says where it is kept.
    pub secret: &'static str,
    /// Whether the secret at the channel's top is the default account's alone: where others have none of their own, they have none.
    pub secret_is_own: bool,
    /// The member that names a file with the secret alone, where there may be one instead.
    pub secret_file: Option<&'static str>,
    /// The member that names the platform, by its word or its origin; none where there is one alone.
    pub platform: Option<&'static str>,
    /// Where a plug-in keeps its accounts beside the configuration, where it does: then that only says what it thinks of them.
    pub kept: Option<Kept>,
}

/// Where a plug-in keeps accounts: a file each, in a folder of OpenClaw's state, with a list of them beside.
///
/// ```text
/// <state>/<folder>/accounts.json                        the ids, as a list
/// <state>/<folder>/accounts/<id>.json                   one of them: the section's secret, and its address
/// <state>/<folder>/accounts/<id>.context-tokens.json    what its conversations are known by, by the people's ids
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    /// The folder.
    pub folder: &'static str,
    /// The member with the service's address, where that is another one than the first platform's.
    pub address: &'static str,
    /// Where such an address may be: `*.domain`.
    pub within: &'static str,
}

impl Variables {
    /// Whether an app is known by its address alone.
    #[must_use]
    pub fn app_is_address(&self) -> bool {
        self.app == Some(self.base_url)
    }

    /// Those that make an app: its id, where there is one, and its secret.
    pub fn of_app(&self) -> impl Iterator<Item = &'static str> {
        let ids = self.app.into_iter().chain(self.agent);
        ids.chain([self.secret])
    }
}

impl Channel {
    /// Every word for it.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.platforms.iter().map(|platform| platform.word)
    }

    /// Where its first platform is.
    #[must_use]
    pub const fn origin(&self) -> &'static str {
        match self.platforms {
            [first, ..] => first.origin,
            [] => "",
        }
    }

    /// The platform of this word, in capitals or not.
    #[must_use]
    pub fn platform(&self, word: &str) -> Option<&'static Platform> {
        let mut platforms = self.platforms.iter();
        platforms.find(|platform| platform.word.eq_ignore_ascii_case(word))
    }
}

/// An id without the words that agents write before it, in any order, as often as they stand there, in capitals or not.
fn without<'a>(mut id: &'a str, words: &[&str]) -> &'a str {
    let begins = |id: &str, word: &&&str| {
        let begin = id.get(..word.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(word))
    };
    while let Some(word) = words.iter().find(|word| begins(id, word)) {
        id = &id[word.len()..];
    }
    id
}

/// The channel that `word` names, in capitals or not; the first one where it is empty.
#[must_use]
pub fn named(word: &str) -> Option<&'static Channel> {
    let word = word.trim();
    CHANNELS
        .into_iter()
        .find(|channel| word.is_empty() || channel.platform(word).is_some())
}

/// The names of all platforms for people: `A, B and C`, with `last` before the last one.
#[must_use]
pub fn listed(last: &str) -> String {
    names(
        CHANNELS.into_iter().flat_map(|channel| channel.platforms),
        last,
    )
}

/// The names of these platforms in the same manner. One that has several words is one to people, and named once: they stand behind
/// each other.
#[must_use]
pub fn names(platforms: impl Iterator<Item = &'static Platform>, last: &str) -> String {
    let mut names: Vec<&str> = platforms.map(|platform| platform.name).collect();
    names.dedup();
    enumerated(names.into_iter(), last)
}

/// `A, B and C`, with `last` before the last one.
#[must_use]
pub fn enumerated<'a>(names: impl Iterator<Item = &'a str>, last: &str) -> String {
    let names: Vec<&str> = names.collect();
    match names.as_slice() {
        [before @ .., name] if !before.is_empty() => [&before.join(", "), last, name].join(" "),
        _ => names.concat(),
    }
}

/// The platforms of every channel. Apart from the rest of the table: the component reads words alone, and would carry all of
/// it along.
const PLATFORMS: [&[Platform]; CHANNELS.len()] = {
    let mut all = [CHANNELS[0].platforms; CHANNELS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = CHANNELS[at].platforms;
        at += 1;
    }
    all
};

/// Every word that names a channel.
pub fn words() -> impl Iterator<Item = &'static str> {
    PLATFORMS
        .into_iter()
        .flatten()
        .map(|platform| platform.word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::VARIABLES;

    #[test]
    fn a_channel_is_named_by_each_of_its_words_and_no_word_names_two() {
        let all: Vec<&str> = words().collect();
        for (at, word) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(word), "{word}");
            let channel = named(&word.to_uppercase()).unwrap();
            assert!(channel.words().any(|known| known == *word));
        }
        assert_eq!(enumerated(["A", "B", "C"].into_iter(), "or"), "A, B or C");
        assert_eq!(enumerated(["A"].into_iter(), "or"), "A");
        assert_eq!(named(" ").unwrap().id, CHANNELS[0].id);
        assert!(named("nowhere").is_none());
    }

    #[test]
    fn a_channel_says_what_the_tables_of_services_and_settings_say() {
        for channel in CHANNELS {
            for platform in channel.platforms {
                assert!(channel.service.origins.contains(&platform.origin));
            }
            let variables = &channel.variables;
            assert_eq!(channel.service.moved_by, Some(variables.base_url));
            let others = [variables.base_url, variables.found_in, variables.missing];
            for name in variables.of_app().chain(others) {
                assert!(VARIABLES.iter().any(|known| known.name == name), "{name}");
            }
        }
    }

    #[test]
    fn what_is_read_is_of_a_kind_that_the_channel_names() {
        for channel in CHANNELS {
            let chat = channel.example.chat.replace('…', "0123456789");
            let read = (channel.recipients.read)(&chat).unwrap();
            assert!(channel.recipients.kinds.contains(&read.kind));
            assert!((channel.recipients.read)("").is_err());
        }
    }

    #[test]
    fn no_two_channels_share_a_kind_of_id() {
        let all = CHANNELS
            .into_iter()
            .flat_map(|channel| channel.recipients.kinds);
        let mut kinds: Vec<&str> = all.copied().collect();
        let count = kinds.len();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(
            kinds.len(),
            count,
            "who may get messages is kept by kind and id"
        );
    }
}
