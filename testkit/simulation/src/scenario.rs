//! What happens in a run besides faults: who asks for what, and what the backend makes of it.

use super::chats::{Chat, Scope};
use super::network::Fault;
use super::process::Role;
use super::run::MINUTE_MS;

/// A kind of run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// One video.
    Video,
    /// Nine images, one after the other.
    Nine,
    /// A delivered session is continued.
    Continued,
    /// The same, where the service doesn't echo what the user said.
    ContinuedUnechoed,
    /// A second request while the first is still being worked on.
    Overtaken,
    /// A second request before the service has begun with the first.
    AtOnce,
    /// The backend asks, the user answers.
    AskBack,
    /// The job fails.
    Failing,
    /// The backend never says its last word.
    Quiet,
    /// The result turns up after the job was given up.
    Late,
    /// The app may not upload.
    NoScope,
    /// The video is larger than the chat takes.
    Oversize,
    /// The chat takes a message every three seconds.
    RateLimited,
    /// For some minutes the configured key is of the other kind.
    KeySwitched,
    /// Two harnesses poll the same folder.
    TwoPollers,
    /// `recover` is run beside the harness, again and again.
    RecoverBeside,
    /// Sessions of an earlier installation.
    Legacy,
    /// The result turns up after the job was given up, where interval and number of polls are fixed.
    LateLimited,
    /// Two harnesses poll, and every other upload is refused: the right to upload was granted a moment ago.
    ScopeSpreads,
    /// The answer to a submit is lost, and `recover` is run again and again.
    UnknownSubmit,
    /// Two harnesses poll, and the chat refuses every other message as too fast.
    TwoRefused,
    /// The store signs its links anew for every answer, and now and then shows a thumbnail of the file.
    SignedLinks,
    /// The bot comes into the chat when everything has long been made.
    BotComesLate,
    /// The app may not look at what it has shown.
    Blind,
    /// Uploads take minutes, two harnesses poll, and somebody recovers beside them.
    SlowUploads,
    /// The answer to a submit is lost, and the service shows what came of it minutes later.
    FoundLate,
    /// The answer to a submit is lost, of which something on the way has made two.
    FoundTwice,
    /// A submit is lost on its way.
    Absent,
    /// The answer to a submit is lost, and the service's list is down.
    ListDown,
    /// The service gives the job up.
    Expired,
    /// The bot comes into the chat when the links have died.
    LinkDead,
    /// The finished result is withheld.
    ModeratedLate,
    /// There are more results than the chat takes messages for one of the person's.
    Full,
    /// The same, and the person writes again hours later.
    WritesAgain,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 34] = [
        Self::Video,
        Self::Nine,
        Self::Continued,
        Self::ContinuedUnechoed,
        Self::Overtaken,
        Self::AtOnce,
        Self::AskBack,
        Self::Failing,
        Self::Quiet,
        Self::Late,
        Self::NoScope,
        Self::Oversize,
        Self::RateLimited,
        Self::KeySwitched,
        Self::TwoPollers,
        Self::RecoverBeside,
        Self::Legacy,
        Self::LateLimited,
        Self::ScopeSpreads,
        Self::UnknownSubmit,
        Self::TwoRefused,
        Self::SignedLinks,
        Self::BotComesLate,
        Self::Blind,
        Self::SlowUploads,
        Self::FoundLate,
        Self::FoundTwice,
        Self::Absent,
        Self::ListDown,
        Self::Expired,
        Self::LinkDead,
        Self::ModeratedLate,
        Self::Full,
        Self::WritesAgain,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Nine => "nine",
            Self::Continued => "continued",
            Self::ContinuedUnechoed => "continued-unechoed",
            Self::Overtaken => "overtaken",
            Self::AtOnce => "at-once",
            Self::AskBack => "ask-back",
            Self::Failing => "failing",
            Self::Quiet => "quiet",
            Self::Late => "late",
            Self::NoScope => "no-scope",
            Self::Oversize => "oversize",
            Self::RateLimited => "rate-limited",
            Self::KeySwitched => "key-switched",
            Self::TwoPollers => "two-pollers",
            Self::RecoverBeside => "recover-beside",
            Self::Legacy => "legacy",
            Self::LateLimited => "late-limited",
            Self::ScopeSpreads => "scope-spreads",
            Self::UnknownSubmit => "unknown-submit",
            Self::TwoRefused => "two-refused",
            Self::SignedLinks => "signed-links",
            Self::BotComesLate => "bot-comes-late",
            Self::Blind => "blind",
            Self::SlowUploads => "slow-uploads",
            Self::FoundLate => "found-late",
            Self::FoundTwice => "found-twice",
            Self::Absent => "absent",
            Self::ListDown => "list-down",
            Self::Expired => "expired",
            Self::LinkDead => "link-dead",
            Self::ModeratedLate => "moderated-late",
            Self::Full => "full",
            Self::WritesAgain => "writes-again",
        }
    }

    /// The scenario of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
    }

    /// What the user asks for.
    pub(super) fn asks(self) -> Vec<Ask> {
        let first = |text| Ask {
            at_ms: 0,
            text,
            continues: false,
        };
        let then = |at_s: u64, text| Ask {
            at_ms: at_s * 1000,
            text,
            continues: true,
        };
        match self {
            Self::Video
            | Self::KeySwitched
            | Self::TwoPollers
            | Self::RecoverBeside
            | Self::BotComesLate
            | Self::SlowUploads
            | Self::FoundLate
            | Self::FoundTwice
            | Self::Absent
            | Self::ListDown
            | Self::LinkDead => vec![first("a video of a cat")],
            Self::Nine
            | Self::Blind
            | Self::RateLimited
            | Self::NoScope
            | Self::ScopeSpreads
            | Self::SignedLinks
            | Self::TwoRefused => vec![first("nine images of a cat")],
            Self::Continued | Self::ContinuedUnechoed => vec![
                first("a video of a cat"),
                then(400, "and another video with a dog"),
            ],
            Self::Overtaken => vec![
                first("nine images of a cat"),
                then(60, "and a video with a dog"),
            ],
            Self::AtOnce => vec![
                first("a video of a cat"),
                then(1, "and another video with a dog"),
            ],
            Self::AskBack => vec![first("ask me something"), then(200, "a video, in colour")],
            Self::Failing => vec![first("this will fail")],
            Self::Quiet => vec![first("a quiet one")],
            Self::Late | Self::LateLimited => vec![first("a late one")],
            Self::Oversize => vec![first("a huge one")],
            Self::Legacy => vec![],
            Self::Expired => vec![first("this will expire")],
            Self::ModeratedLate => vec![first("this will be moderated")],
            Self::Full => vec![first("twelve images of a cat")],
            Self::WritesAgain => vec![
                first("twelve images of a cat"),
                then(7_200, "and a video with a dog"),
            ],
            Self::UnknownSubmit => vec![
                first("a video of a cat"),
                Ask {
                    at_ms: 150_000,
                    text: "a video of a dog",
                    continues: false,
                },
            ],
        }
    }

    /// Who runs processes.
    pub(super) fn roles(self) -> Vec<Role> {
        let mut roles = vec![Role::User, Role::Harness];
        if matches!(
            self,
            Self::TwoPollers | Self::ScopeSpreads | Self::TwoRefused | Self::SlowUploads
        ) {
            roles.push(Role::Harness);
        }
        if matches!(
            self,
            Self::RecoverBeside | Self::UnknownSubmit | Self::BotComesLate | Self::SlowUploads
        ) {
            roles.push(Role::Recoverer);
        }
        roles
    }

    /// The chat, as it takes messages.
    pub(super) fn chat(self, begins_ms: u64) -> Chat {
        let mut chat = Chat::default();
        chat.scope = match self {
            Self::NoScope => Scope::Missing,
            Self::ScopeSpreads => Scope::Spreading,
            _ => Scope::Granted,
        };
        chat.is_blind = self == Self::Blind;
        chat.refuses_every_other = self == Self::TwoRefused;
        if self == Self::RateLimited {
            chat.pause_ms = 3_000;
        }
        chat.absent_until_ms = match self {
            // Longer than any key is remembered.
            Self::BotComesLate => begins_ms + 90 * MINUTE_MS,
            // Longer than a link lives, and than the timer waits for the bot.
            Self::LinkDead => begins_ms + 30 * 60 * MINUTE_MS,
            _ => 0,
        };
        chat
    }

    /// What happens to the first submit, whatever else goes wrong.
    pub(super) const fn first_submit(self) -> Option<Fault> {
        match self {
            Self::UnknownSubmit | Self::FoundLate | Self::FoundTwice | Self::ListDown => {
                Some(Fault::LostAfter)
            }
            Self::Absent => Some(Fault::LostBefore),
            _ => None,
        }
    }

    /// How long an upload to the chat takes, in milliseconds: longer than the platforms' word about a message is waited for.
    pub(super) const fn upload_ms(self) -> u64 {
        match self {
            Self::SlowUploads => 4 * MINUTE_MS,
            _ => 0,
        }
    }

    /// Whether its recoveries are so many and so long that a second power failure at each of their effects takes hours.
    #[must_use]
    pub const fn is_tangled(self) -> bool {
        matches!(self, Self::Late | Self::Full | Self::TwoRefused)
    }
}

/// One request of the user.
#[derive(Clone, Copy)]
pub(super) struct Ask {
    /// When, from the run's beginning.
    pub(super) at_ms: u64,
    /// The words, which also say what the backend makes of them: [`job`].
    pub(super) text: &'static str,
    /// Goes on with the session of the first request.
    pub(super) continues: bool,
}

/// What the backend says at some time after a submit.
pub(super) enum Says {
    /// Begins this many calls.
    Calls(u32),
    /// Answers a call with a result that has this ending.
    Result(u32, &'static str),
    /// Answers a call with an error.
    Error(u32),
    /// Asks the user.
    Asks,
    /// Speaks.
    Words,
}

/// What becomes of a request, by its words: seconds after the submit, and what is said then.
pub(super) fn job(text: &str) -> Vec<(u64, Says)> {
    use Says::{Asks, Calls, Error, Result, Words};
    let has = |word: &str| text.contains(word);
    let images = [("nine", 9), ("twelve", 12)];
    if let Some((_, images)) = images.into_iter().find(|(word, _)| has(word)) {
        let mut says = vec![(5, Calls(images))];
        says.extend((0..images).map(|at| (30 + 12 * u64::from(at), Result(at, "png"))));
        says.push((32 + 12 * u64::from(images), Words));
        says
    } else if has("ask") {
        vec![(20, Asks)]
    } else if has("fail") {
        vec![(5, Calls(1)), (60, Error(0)), (62, Words)]
    } else if has("quiet") {
        vec![(5, Calls(1)), (60, Result(0, "mp4"))]
    } else if has("late") {
        vec![(5, Calls(1)), (10_000, Result(0, "mp4")), (10_001, Words)]
    } else if has("huge") {
        vec![(5, Calls(1)), (60, Result(0, "huge.mp4")), (61, Words)]
    } else {
        vec![(5, Calls(1)), (90, Result(0, "mp4")), (92, Words)]
    }
}
