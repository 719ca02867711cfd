//! How long to wait after a step that failed. Pure arithmetic.

/// After the first failure.
const FIRST_MS: u64 = 2_000;
/// The longest pause: a session isn't forgotten while a service is down for a day.
const LONGEST_MS: u64 = 300_000;

/// The pause before the next try, in milliseconds. `failures` counts from one; `random` is in `0.0..1.0` and spreads the
/// sessions that failed together. What the service asked for (`retry_after_ms`) is never undercut, up to an hour.
pub(super) fn pause_ms(
    failures: u32,
    temporary: bool,
    retry_after_ms: Option<u64>,
    random: f64,
) -> u64 {
    let base = if temporary {
        FIRST_MS
            // The shift is bounded: a failure that lasts for weeks must not shift beyond the number's bits.
            .saturating_mul(1 << failures.saturating_sub(1).min(20))
            .min(LONGEST_MS)
    } else {
        // What doesn't pass by itself is tried at the longest pause: somebody may have changed the setting,
        // and the session is still theirs.
        LONGEST_MS
    };
    // Between 80 % and 120 %.
    let spread = (base as f64 * (0.8 + 0.4 * random.clamp(0.0, 1.0))) as u64;
    // Up to an hour: a service that asks for years by mistake would end the session.
    spread.max(retry_after_ms.unwrap_or(0).min(3_600_000))
}

#[cfg(test)]
mod tests {
    use super::pause_ms;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pauses: Vec<u64> = (1..=10)
            .map(|failures| pause_ms(failures, true, None, 0.5))
            .collect();
        assert_eq!(
            pauses,
            [
                2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000
            ]
        );
        assert_eq!(pause_ms(u32::MAX, true, None, 0.5), 300_000);
    }

    #[test]
    fn sessions_that_failed_together_are_spread() {
        assert_eq!(
            (pause_ms(1, true, None, 0.0), pause_ms(1, true, None, 1.0)),
            (1_600, 2_400)
        );
    }

    #[test]
    fn a_service_that_names_a_pause_gets_it() {
        assert_eq!(pause_ms(1, true, Some(60_000), 0.5), 60_000);
        assert_eq!(pause_ms(9, true, Some(1_000), 0.5), 300_000);
        assert_eq!(pause_ms(1, true, Some(u64::MAX), 0.5), 3_600_000);
    }

    #[test]
    fn what_does_not_pass_by_itself_is_looked_at_rarely() {
        assert_eq!(pause_ms(1, false, None, 0.5), 300_000);
    }
}
