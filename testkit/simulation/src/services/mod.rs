//! The services in the simulated world: what they were paid for, and what they made of it. How one is spoken to is in the files
//! below.

mod ark;
mod libtv;
mod pippit;

use libtv_video_core::io::{Method, Request, Response};

use super::cast::Service;
use super::network::is_paid;
use super::plant::Plant;
use super::rng::Rng;
use super::run::{MINUTE_MS, START_MS};
use super::scenario::Scenario;
use super::stage::Stage;
pub(super) use ark::dies_at_ms;
use libtv::Signs;
pub(super) use libtv::{LibTv, url_of};

/// A submit that was paid for.
pub(super) struct Charge {
    /// The words, with what was put beside them.
    pub(super) text: String,
    /// The session or task that it landed in.
    pub(super) session_id: String,
    /// Something between us and the service made two of one request: this is the second.
    pub(super) is_twin: bool,
    /// Its answer got through.
    pub(super) is_answered: bool,
}

/// A result that was made.
pub(super) struct Made {
    /// The submit that it answers, by its place.
    pub(super) charge: usize,
    /// What every link to it has in it, however it is signed.
    pub(super) file: String,
    /// When the newest link to it that was given out dies; none where links live.
    pub(super) dies_at_ms: Option<u64>,
}

/// Whether a link, or a text with links, leads to a result, whatever its signature.
pub(super) fn leads_to(text: &str, file: &str) -> bool {
    text.contains(file)
}

/// What a service was paid for.
#[derive(Default)]
pub(super) struct Ledger {
    /// What was paid for, in order.
    pub(super) charges: Vec<Charge>,
    /// What will have been made once everything was said.
    pub(super) made: Vec<Made>,
    /// What somebody else with the same key had made: nobody here is to be shown it.
    pub(super) foreign: Vec<String>,
    /// Keys that came to the wrong service.
    pub(super) misplaced_keys: u32,
}

impl Ledger {
    /// Takes a request on, which is charged from here on; its place.
    fn charge(&mut self, text: &str, session_id: &str) -> usize {
        self.charges.push(Charge {
            text: text.to_owned(),
            session_id: session_id.to_owned(),
            is_twin: false,
            is_answered: false,
        });
        self.charges.len() - 1
    }

    /// Notes what will be made of it, or what was made.
    fn make(&mut self, charge: usize, file: String) {
        self.made.push(Made {
            charge,
            file,
            dies_at_ms: None,
        });
    }
}

/// How a service answers.
pub(super) trait Backend {
    /// A request of the service's, at one of its addresses.
    fn answer(&mut self, ledger: &mut Ledger, request: &Request, now_ms: u64) -> Response;

    /// When it will have said everything.
    fn ends_at_ms(&self) -> u64;
}

/// The service of a run, as its stage has it.
pub(super) fn backend(
    stage: Stage,
    plant: Option<Plant>,
    rng: &mut Rng,
    ledger: &mut Ledger,
) -> Box<dyn Backend> {
    let scenario = stage.scenario;
    match stage.cast.service {
        Service::Nexu | Service::LibTv => Box::new(libtv(scenario, plant)),
        Service::Ark => {
            let listed_after_ms = match scenario {
                // Longer than the first looks for it take; shorter than its absence counts as proof.
                Scenario::FoundLate => rng.between(4, 9) * MINUTE_MS,
                _ => rng.pick(&[0, 0, 20_000]),
            };
            let down_for_ms = match scenario {
                Scenario::ListDown => rng.pick(&[12, 40]) * MINUTE_MS,
                _ => 0,
            };
            let mut ark = ark::Ark::new(ledger);
            ark.listed_after_ms = listed_after_ms;
            ark.list_down_until_ms = START_MS + down_for_ms;
            ark.makes_two = scenario == Scenario::FoundTwice;
            ark.signs_anew = rng.chance(500);
            ark.tells_total = rng.chance(800);
            Box::new(ark)
        }
        Service::Pippit => Box::new(pippit::Pippit::new(rng, ledger)),
    }
}

/// The first service, as a scenario has it.
pub(super) fn libtv(scenario: Scenario, plant: Option<Plant>) -> LibTv {
    let mut libtv = LibTv::default();
    libtv.echoes = scenario != Scenario::ContinuedUnechoed;
    libtv.ends_after_first_url = plant == Some(Plant::FirstUrlEnds);
    libtv.signs = match (scenario, plant) {
        (_, Some(Plant::PathSigned)) => Signs::Path,
        (Scenario::SignedLinks, _) => Signs::Query,
        _ => Signs::Never,
    };
    libtv
}

/// Whether this is the request that costs the user money.
pub(super) fn is_submit(request: &Request) -> bool {
    request.method == Method::Post && is_paid(&request.url)
}
