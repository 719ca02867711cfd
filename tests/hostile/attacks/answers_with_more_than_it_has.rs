//! Answers with one text of a megabyte, a thousand times over: a gigabyte for the host, a megabyte for itself.

use std::mem::ManuallyDrop;

use crate::{Attempt, Event, done};

pub fn attack() -> Attempt {
    let mut text = ManuallyDrop::new("x".repeat(1 << 20));
    let mut answer = done(Vec::new());
    for at_ms in 0..1_000 {
        // SAFETY: many owners of one text, none of which is ever dropped: the instance ends with this answer.
        let text = unsafe { String::from_raw_parts(text.as_mut_ptr(), text.len(), text.capacity()) };
        answer.events.push(Event { at_ms, text });
    }
    Ok(answer)
}
