//! The state of one call where it isn't the folder under `$NEXU_HOME`: its records, who may be written to, and how money is counted,
//! and what is asked before anything leaves. For embedders that keep the sessions of many tenants elsewhere; whoever has one machine needs none
//! of it. Not here: the records' tree (`sandbox`), and any store.

use std::sync::Arc;

use sandbox::call::{RecordFolder, Records};
use sandbox::http::{Egress, Gate, Recipients, Spending};

use crate::error::CallError;
use crate::grants::GUEST_STATE;
use crate::store::Lent;

/// The variable that tells the component whether somebody polls by himself, and what it holds where somebody does.
const HARNESS: (&str, &str) = ("LIBTV_HARNESS", "polling");
/// The same of whether anybody else can be at the session.
const SESSION: (&str, &str) = ("LIBTV_SESSION", "leased");

/// What a call works on, in the place of the home's folder. Calls that need one are the typed ones; commands of the command
/// line stay with the folder.
#[derive(Clone)]
pub struct CallState {
    /// What the component sees as its state folder.
    pub records: Arc<Records>,
    /// Whom messages may go to. The component has no part in it.
    pub recipients: Arc<dyn Recipients>,
    /// Counts the requests that cost money: as many processes as there are share one count.
    pub spending: Arc<dyn Spending>,
    /// Asked before every request that isn't a read.
    pub gate: Arc<dyn Gate>,
    /// Whether the polled session is this call's alone: nobody else stores or sends anything of it until the call has ended, nor
    /// does an earlier call that hasn't. The component then takes what it finds begun for over.
    pub is_alone: bool,
}

impl CallState {
    pub(crate) fn folder(&self) -> RecordFolder {
        folder(&self.records)
    }

    /// Puts it into what a call is given.
    pub(crate) fn apply(&self, environment: &mut Vec<(String, String)>, egress: &mut Egress) {
        egress.recipients = Arc::clone(&self.recipients);
        egress.spending = Arc::clone(&self.spending);
        egress.gate = Some(Arc::clone(&self.gate));
        // Whoever keeps sessions elsewhere polls them by himself: nobody holds the lock of a home folder for them.
        for (name, value) in [Some(HARNESS), self.is_alone.then_some(SESSION)]
            .into_iter()
            .flatten()
        {
            environment.retain(|(known, _)| known != name);
            environment.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl Lent {
    /// The same. Who polls stays what the home says: its timer does.
    pub(crate) fn apply(
        &self,
        environment: &mut Vec<(String, String)>,
        egress: &mut Egress,
    ) -> RecordFolder {
        egress.gate = Some(Arc::clone(&self.gate));
        if self.is_alone {
            let (name, value) = SESSION;
            environment.push((name.to_owned(), value.to_owned()));
        }
        folder(&self.records)
    }

    /// Gives it back.
    pub(crate) async fn back<T>(self, result: &Result<T, CallError>) {
        let is_whole = matches!(result, Ok(_) | Err(CallError::Problem(_)));
        (self.take_back)(is_whole).await;
    }
}

fn folder(records: &Arc<Records>) -> RecordFolder {
    RecordFolder {
        guest: GUEST_STATE.to_owned(),
        records: Arc::clone(records),
    }
}
