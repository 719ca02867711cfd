//! What goes with the state folder when the jobs of a home move elsewhere, or come from there: whom messages may go to. For
//! embedders that keep the state of many elsewhere. Not here: the state folder itself, and who has it meanwhile.

use std::io;

use crate::error::CallError;
use crate::home::Home;
use crate::recipients::{Recipient, Recipients};

impl Home {
    /// Everybody whom submits have named: the kind of each id, and the id.
    ///
    /// # Errors
    /// When that can't be read.
    pub fn named(&self) -> io::Result<Vec<(String, String)>> {
        let named = Recipients::at(self.recipients()).all()?;
        let pair = |recipient: Recipient| (recipient.kind, recipient.id);
        Ok(named.into_iter().map(pair).collect())
    }

    /// Names one. Durable when this returns.
    ///
    /// # Errors
    /// When it can't be stored, or there are too many.
    pub fn name(&self, kind: &str, id: &str) -> Result<(), CallError> {
        Recipients::at(self.recipients()).name_itself(&Recipient {
            kind: kind.to_owned(),
            id: id.to_owned(),
        })
    }

    /// Whether a submit answers this message. Only the digests of their ids are kept, so that they can't be listed.
    pub fn has_message(&self, id: &str) -> bool {
        Recipients::at(self.recipients()).has_message(id)
    }

    /// Notes that one answers it. Durable when this returns; a text that can't be a message's id changes nothing.
    ///
    /// # Errors
    /// When it can't be stored.
    pub fn name_message(&self, id: &str) -> Result<(), CallError> {
        Recipients::at(self.recipients()).name_message(id)
    }
}
