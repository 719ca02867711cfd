//! What goes wrong in a run, and how it is written on a command line: `EFFECT:MISHAP[:MS]`, where the effects of
//! all processes are counted from 0.

use std::fmt;
use std::str::FromStr;

use super::disk::Fate;
use super::network::Fault;

/// What goes wrong in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Whatever the seed says.
    Random,
    /// These things, and nothing else.
    At(Vec<Point>),
}

/// One thing that goes wrong at one effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The effect's number.
    pub effect: u64,
    /// What happens.
    pub mishap: Mishap,
    /// Of a power failure: how long it is off. Of a fault: how long it goes on; 0 is this effect alone. Of a clock:
    /// by how much it is set, back when negative.
    pub ms: i64,
}

/// A thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The power fails before the effect, and unsynced things meet this fate.
    Power(Fate),
    /// The process is killed before the effect and started again at once.
    Killed,
    /// The effect is performed twice.
    Repeated,
    /// The machine's clock is set.
    ClockSet,
    /// A file operation fails.
    Storage(StorageFault),
    /// A request fails; of media on their way to the chat, the upload.
    Network(Fault),
    /// The reading of such media fails.
    Source(Fault),
}

/// How a file operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageFault {
    /// The disk is full: half of a file is written.
    Full,
    /// The device fails; nothing happened.
    Io,
    /// The device fails; it happened.
    IoAfter,
    /// It isn't permitted.
    Denied,
}

impl StorageFault {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Full, Self::Io, Self::IoAfter, Self::Denied];

    /// Its name on the command line.
    const fn name(self) -> &'static str {
        match self {
            Self::Full => "disk-full",
            Self::Io => "io-error",
            Self::IoAfter => "io-error-after",
            Self::Denied => "not-permitted",
        }
    }
}

impl Mishap {
    /// Everything that can be named on the command line.
    fn all() -> impl Iterator<Item = Self> {
        [Fate::Kept, Fate::Dropped, Fate::Torn]
            .map(Self::Power)
            .into_iter()
            .chain([Self::Killed, Self::Repeated, Self::ClockSet])
            .chain(StorageFault::ALL.map(Self::Storage))
            .chain(Fault::ALL.map(Self::Network))
            .chain(Fault::ALL.map(Self::Source))
    }
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Power(Fate::Kept) => f.write_str("kept"),
            Self::Power(Fate::Dropped) => f.write_str("dropped"),
            Self::Power(Fate::Torn) => f.write_str("torn"),
            Self::Killed => f.write_str("killed"),
            Self::Repeated => f.write_str("twice"),
            Self::ClockSet => f.write_str("clock"),
            Self::Storage(fault) => f.write_str(fault.name()),
            Self::Network(fault) => f.write_str(fault.name()),
            Self::Source(fault) => write!(f, "source-{}", fault.name()),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.effect, self.mishap)?;
        if self.ms == 0 {
            return Ok(());
        }
        write!(f, ":{}", self.ms)
    }
}

impl FromStr for Point {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(':');
        let effect = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let name = parts.next().ok_or(())?;
        // Found by what `Display` writes, so that the two can't differ.
        let mishap = Mishap::all()
            .find(|mishap| mishap.to_string() == name)
            .ok_or(())?;
        let ms = parts.next().map_or(Ok(0), str::parse).map_err(|_| ())?;
        parts
            .next()
            .is_none()
            .then_some(Self { effect, mishap, ms })
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_reads_back_as_it_is_written() {
        for mishap in Mishap::all() {
            for ms in [0, 2000, -60_000] {
                let point = Point {
                    effect: 17,
                    mishap,
                    ms,
                };
                assert_eq!(point.to_string().parse(), Ok(point), "{point}");
            }
        }
    }
}
