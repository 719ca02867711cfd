//! What every call has to pass before its component runs: a runtime to run on, credentials that could be read, and no secret in
//! what it is given. Not here: what a call may reach afterwards (`grants.rs`).

use contract::kind::Kind;
use sandbox::secrets::Finding;

use crate::error::{CallError, in_runtime};
use crate::grants::Basis;
use crate::harness::Harness;

impl Harness {
    /// Lets a call of this kind begin, whose words are `said`.
    ///
    /// # Errors
    /// [`CallError::NoRuntime`], [`CallError::Credentials`]; [`CallError::Refused`] for words that hold a secret in use, with a
    /// sentence that doesn't repeat it.
    pub(crate) fn admit<'a>(
        &self,
        basis: &Basis,
        kind: Kind,
        said: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), CallError> {
        in_runtime()?;
        basis.readable(kind)?;
        let spellings = basis.broker.spellings();
        let is_secret = |text: &str| spellings.find(text.as_bytes()) == Some(Finding::Secret);
        if said.into_iter().any(is_secret) {
            return Err(CallError::Refused(
                "An API key, app secret or token stands in the arguments, as it is or encoded. Nothing was sent: a service \
                 would see it. Take it out and try again."
                    .to_owned(),
            ));
        }
        Ok(())
    }
}
