//! Is asked for one session, and ends another.

use crate::{Attempt, step};

pub fn attack() -> Attempt {
    Ok(step("good", vec!["you were deleted".to_owned()]))
}
