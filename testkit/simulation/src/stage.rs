//! What can be played: every scenario by the casts that it fits, and how often each comes among random seeds.
//!
//! A scenario that needs something of its service or channel is played by those that have it: a list, threads, an app that may
//! not look.

use super::cast::{Cast, Channel, Service};
use super::scenario::Scenario;

/// A scenario, and who plays it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Who plays.
    pub cast: Cast,
    /// What happens.
    pub scenario: Scenario,
}

/// Which of them are meant; nothing named means all.
#[derive(Debug, Default, Clone, Copy)]
pub struct Only {
    /// Those of a scenario.
    pub scenario: Option<Scenario>,
    /// Those of a service.
    pub service: Option<Service>,
    /// Those of a channel.
    pub channel: Option<Channel>,
}

impl Stage {
    /// A scenario by the first cast.
    #[must_use]
    pub const fn first(scenario: Scenario) -> Self {
        Self {
            cast: Cast::FIRST,
            scenario,
        }
    }

    /// Its names.
    #[must_use]
    pub fn name(self) -> String {
        let Cast { service, channel } = self.cast;
        format!(
            "{} {} {}",
            service.name(),
            channel.name(),
            self.scenario.name()
        )
    }
}

impl Cast {
    /// All that play. Each of the other services and channels has every scenario of its own beside the first channel or
    /// service; what they do together is played by some.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let channels = Channel::ALL.into_iter().map(Self::shown_by);
        let services = Service::ALL.into_iter().map(Self::made_by).skip(1);
        let both = [Channel::Discord, Channel::Slack, Channel::Bare].map(|channel| Self {
            service: Service::Ark,
            channel,
        });
        channels.chain(services).chain(both).collect()
    }
}

impl Scenario {
    /// The scenarios that a cast plays.
    #[must_use]
    pub fn of(cast: Cast) -> &'static [Self] {
        match (cast.service, cast.channel) {
            (Service::Nexu, Channel::Feishu) => &Self::OF_THE_FIRST,
            (Service::Nexu, Channel::Slack | Channel::Discord) => &Self::OF_A_CHANNEL,
            (Service::Nexu, Channel::WeChat) => &Self::OF_A_CHAT_THAT_CLOSES,
            (Service::Nexu, _) => &Self::OF_A_TOY,
            (Service::Ark, Channel::Feishu) => &Self::OF_A_TASK_SERVICE,
            (Service::Pippit, Channel::Feishu) => &Self::OF_THREADS,
            // Where the chat takes media only with their message, a link may die before there is one.
            (Service::Ark, Channel::Discord) => &[Self::Video, Self::UnknownSubmit, Self::LinkDead],
            // What either does alone is played above.
            _ => &[Self::Video, Self::UnknownSubmit],
        }
    }

    /// Those of the first service and the first channel.
    const OF_THE_FIRST: [Self; 24] = [
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
        Self::SlowUploads,
    ];

    /// Those of a channel with a platform of its own.
    const OF_A_CHANNEL: [Self; 13] = [
        Self::Video,
        Self::Nine,
        Self::Failing,
        Self::NoScope,
        Self::Oversize,
        Self::RateLimited,
        Self::TwoPollers,
        Self::RecoverBeside,
        Self::ScopeSpreads,
        Self::TwoRefused,
        Self::BotComesLate,
        Self::SlowUploads,
        Self::Blind,
    ];

    /// Those of a toy, and of the channels whose platforms say of missing rights what the others say: what a channel makes of
    /// that is played by those above, and once is enough for what doesn't depend on the key.
    ///
    /// Two processes at once, a bot that comes late and uploads that take minutes are in it, since each key has to hold there.
    const OF_A_TOY: [Self; 9] = [
        Self::Video,
        Self::Nine,
        Self::Failing,
        Self::Oversize,
        Self::TwoPollers,
        Self::RecoverBeside,
        Self::TwoRefused,
        Self::BotComesLate,
        Self::SlowUploads,
    ];

    /// The same, and those of a channel whose chats take only so many messages for one of the person's, for a day.
    const OF_A_CHAT_THAT_CLOSES: [Self; 11] = {
        let [a, b, c, d, e, f, g, h, i] = Self::OF_A_TOY;
        [a, b, c, d, e, f, g, h, i, Self::Full, Self::WritesAgain]
    };

    /// Those of a service that makes one result of a request and has a list.
    const OF_A_TASK_SERVICE: [Self; 14] = [
        Self::Video,
        Self::Failing,
        Self::Quiet,
        Self::Late,
        Self::Oversize,
        Self::TwoPollers,
        Self::RecoverBeside,
        Self::UnknownSubmit,
        Self::FoundLate,
        Self::FoundTwice,
        Self::Absent,
        Self::ListDown,
        Self::Expired,
        Self::ModeratedLate,
    ];

    /// Those of a service with threads and runs.
    const OF_THREADS: [Self; 12] = [
        Self::Video,
        Self::Nine,
        Self::Continued,
        Self::Overtaken,
        Self::AtOnce,
        Self::AskBack,
        Self::Failing,
        Self::Quiet,
        Self::Late,
        Self::TwoPollers,
        Self::RecoverBeside,
        Self::UnknownSubmit,
    ];
}

impl Only {
    /// Reads an option of a command line and its value; none when it is none.
    pub fn read(&mut self, option: &str, name: &str) -> Option<()> {
        match option {
            "--scenario" => self.scenario = Some(Scenario::named(name)?),
            "--service" => {
                let mut all = Service::ALL.into_iter();
                self.service = Some(all.find(|service| service.name() == name)?);
            }
            "--channel" => {
                let mut all = Channel::ALL.into_iter();
                self.channel = Some(all.find(|channel| channel.name() == name)?);
            }
            _ => return None,
        }
        Some(())
    }

    /// Those that are meant, in one order.
    #[must_use]
    pub fn stages(self) -> Vec<Stage> {
        let fits = |stage: &Stage| {
            let Cast { service, channel } = stage.cast;
            self.scenario.is_none_or(|one| one == stage.scenario)
                && self.service.is_none_or(|one| one == service)
                && self.channel.is_none_or(|one| one == channel)
        };
        let of = |cast| {
            let scenarios = Scenario::of(cast).iter();
            scenarios.map(move |scenario| Stage {
                cast,
                scenario: *scenario,
            })
        };
        Cast::all().into_iter().flat_map(of).filter(fits).collect()
    }

    /// The one that a seed picks.
    #[must_use]
    pub fn pick(self, seed: u64) -> Option<Stage> {
        let stages = self.stages();
        // By the seed and not from it: all get the same number of runs.
        let at = seed.checked_rem(stages.len() as u64)?;
        stages.get(usize::try_from(at).unwrap_or(0)).copied()
    }
}
