//! Which faults are in force: for one effect, for a while, or now and then.

use libtv_video_core::io::{Effect, FsOp, LongRequest};

use super::network::{Fault, Party};
use super::rng::Rng;
use super::trouble::{Mishap, StorageFault};

/// Until when, and for whom, a fault goes on.
struct Lasting {
    until_ms: u64,
    mishap: Mishap,
    party: Party,
}

/// The faults.
#[derive(Default)]
pub(super) struct Weather {
    /// How many of a thousand requests fail by chance.
    pub(super) network_per_mille: u64,
    /// The same of file operations.
    pub(super) storage_per_mille: u64,
    now: Option<Mishap>,
    lasting: Vec<Lasting>,
}

impl Weather {
    /// A fault of the effect that is about to be performed.
    pub(super) const fn strike(&mut self, mishap: Mishap) {
        self.now = Some(mishap);
    }

    /// A fault that goes on, for this party where it is one of the network.
    pub(super) fn begin(&mut self, mishap: Mishap, party: Party, until_ms: u64) {
        self.lasting.push(Lasting {
            until_ms,
            mishap,
            party,
        });
    }

    /// The effect is over.
    pub(super) const fn effect_ended(&mut self) {
        self.now = None;
    }

    /// Nothing fails any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether the effect is to be performed twice.
    pub(super) fn repeats(&self) -> bool {
        self.now == Some(Mishap::Repeated)
    }

    /// What happens to a request; `is_source` for one that reads media on their way to the chat.
    pub(super) fn network(
        &self,
        rng: &mut Rng,
        now_ms: u64,
        url: &str,
        is_source: bool,
    ) -> Option<Fault> {
        let party = Party::of(url);
        let of = |mishap: Mishap| match mishap {
            Mishap::Network(fault) if !is_source => Some(fault),
            Mishap::Source(fault) if is_source => Some(fault),
            _ => None,
        };
        let lasting = || {
            self.lasting
                .iter()
                // Of one party: a fault that took the whole network with it would hide which request it was
                // meant for.
                .filter(|lasting| now_ms < lasting.until_ms && lasting.party == party)
                .find_map(|lasting| match lasting.mishap {
                    Mishap::Network(fault) | Mishap::Source(fault) => Some(fault),
                    _ => None,
                })
        };
        let fits = |fault: &Fault| fault.fits(party, url);
        self.now
            .and_then(of)
            .or_else(lasting)
            // A revoked token at a media store is none.
            .filter(fits)
            .or_else(|| {
                if rng.chance(self.network_per_mille) {
                    Some(rng.pick(&Fault::ALL)).filter(fits)
                } else {
                    None
                }
            })
    }

    /// What happens to a file operation.
    pub(super) fn storage(&self, rng: &mut Rng, now_ms: u64, op: &FsOp) -> Option<StorageFault> {
        let of = |mishap: Mishap| match mishap {
            Mishap::Storage(fault) => Some(fault),
            _ => None,
        };
        let lasting = || {
            self.lasting
                .iter()
                .filter(|lasting| now_ms < lasting.until_ms)
                .find_map(|lasting| of(lasting.mishap))
        };
        let fits = |fault: &StorageFault| fault.fits(op);
        self.now
            .and_then(of)
            .or_else(lasting)
            .filter(fits)
            .or_else(|| {
                if rng.chance(self.storage_per_mille) {
                    Some(rng.pick(&StorageFault::ALL)).filter(fits)
                } else {
                    None
                }
            })
    }
}

impl StorageFault {
    /// Whether this can happen to an operation.
    pub(super) const fn fits(self, op: &FsOp) -> bool {
        match (self, op) {
            // What needs room; a rename over an old file needs none.
            (Self::Full, FsOp::Write(..) | FsOp::MakeDir(_) | FsOp::Link(..)) => true,
            (Self::Full | Self::Denied, FsOp::Read(_) | FsOp::List(_)) => false,
            (Self::Full, _) => false,
            // Who may write once may sync.
            (Self::Denied, FsOp::Sync(_) | FsOp::SyncDir(_)) => false,
            (Self::Io | Self::IoAfter | Self::Denied, _) => true,
        }
    }

    /// In the words of the system.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Full => "No space left on device",
            Self::Io | Self::IoAfter => "Input/output error",
            Self::Denied => "Permission denied",
        }
    }
}

/// The faults that one effect can meet, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// As bits, since it is kept for every effect of a run.
pub struct Possible(u64);

impl Possible {
    /// Those that can happen to this effect.
    pub(super) fn at(effect: &Effect) -> Self {
        let network = |url: &str| {
            let party = Party::of(url);
            bits(Fault::ALL.iter().map(|fault| fault.fits(party, url)))
        };
        let shift = StorageFault::ALL.len();
        Self(match effect {
            Effect::Fs(op) => bits(StorageFault::ALL.iter().map(|fault| fault.fits(op))),
            Effect::Http(request)
            | Effect::Long(LongRequest { request, .. })
            | Effect::Measure(request) => network(&request.url) << shift,
            Effect::Relay(relay) => {
                let upload = network(&relay.upload.url) << shift;
                upload | network(&relay.source.url) << (shift + Fault::ALL.len())
            }
            _ => 0,
        })
    }

    /// Each of them.
    pub(super) fn mishaps(self) -> impl Iterator<Item = Mishap> {
        let all = StorageFault::ALL
            .map(Mishap::Storage)
            .into_iter()
            .chain(Fault::ALL.map(Mishap::Network))
            .chain(Fault::ALL.map(Mishap::Source));
        all.enumerate()
            .filter(move |(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, mishap)| mishap)
    }
}

/// The first flag is the lowest bit.
fn bits(flags: impl Iterator<Item = bool>) -> u64 {
    flags
        .enumerate()
        .fold(0, |bits, (at, flag)| bits | u64::from(flag) << at)
}
