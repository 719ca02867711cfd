//! What the worker counts, as OpenMetrics text. Not here: who serves it (`health.rs`), and what the database knows.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters of one process, from its start.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Sessions that were claimed.
    pub claims: AtomicU64,
    /// Steps that ended, whatever came of them.
    pub steps: AtomicU64,
    /// Steps that failed.
    pub failed: AtomicU64,
    /// Calls that lost their lease, or couldn't store something.
    pub fenced: AtomicU64,
    /// Transactions of calls.
    pub transactions: AtomicU64,
    /// Questions to the database that failed.
    pub database_errors: AtomicU64,
    /// How late claims were.
    pub late: Lateness,
    /// How late the latest one of the last look was, in milliseconds.
    pub latest_ms: AtomicU64,
    /// Steps under way.
    pub in_flight: AtomicU64,
}

/// Up to how many milliseconds late each of the first counts is; the last one is of what is later. The goals are 1 and 2 seconds.
const UP_TO_MS: [u64; 12] = [
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000, 30_000, 300_000,
];

/// How late claims were: how many up to each bound, and all together.
#[derive(Debug, Default)]
pub struct Lateness {
    counts: [AtomicU64; UP_TO_MS.len() + 1],
    sum_ms: AtomicU64,
}

impl Lateness {
    /// Counts one that was so late.
    pub fn note(&self, late: Duration) {
        let late_ms = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
        let at = UP_TO_MS.partition_point(|bound| *bound < late_ms);
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_ms.fetch_add(late_ms, Ordering::Relaxed);
    }

    /// As a histogram, whose counts hold those below them.
    fn write(&self, text: &mut String) {
        const NAME: &str = "libtv_fleet_lateness_seconds";
        let _ = write!(
            text,
            "# HELP {NAME} How late sessions were claimed.\n# TYPE {NAME} histogram\n"
        );
        let mut sum = 0;
        let bounds = UP_TO_MS.iter().map(|ms| Some(*ms)).chain([None]);
        for (count, bound) in self.counts.iter().zip(bounds) {
            sum += count.load(Ordering::Relaxed);
            let _ = match bound {
                Some(ms) => writeln!(text, "{NAME}_bucket{{le=\"{}\"}} {sum}", seconds(ms)),
                None => writeln!(text, "{NAME}_bucket{{le=\"+Inf\"}} {sum}"),
            };
        }
        let all = seconds(self.sum_ms.load(Ordering::Relaxed));
        let _ = write!(text, "{NAME}_sum {all}\n{NAME}_count {sum}\n");
    }
}

fn seconds(ms: u64) -> f64 {
    Duration::from_millis(ms).as_secs_f64()
}

/// What the database knows of one tenant.
#[derive(Debug, Clone)]
pub struct OfTenant {
    /// Its name.
    pub tenant: String,
    /// Sessions that haven't ended.
    pub sessions: i64,
    /// Of these, how many are being worked on.
    pub in_flight: i64,
    /// How long the oldest one has been due, in seconds.
    pub oldest_due_seconds: f64,
    /// Messages of which nobody knows whether they arrived: told to the chat, and never sent again.
    pub uncertain: i64,
}

impl Metrics {
    /// Everything, in the form that Prometheus reads.
    pub fn text(&self, tenants: &[OfTenant]) -> String {
        let mut text = String::new();
        let counters = [
            ("claims", "Sessions that were claimed.", &self.claims),
            ("steps", "Steps that ended.", &self.steps),
            ("failed_steps", "Steps that failed.", &self.failed),
            (
                "fences_refused",
                "Calls that lost their lease.",
                &self.fenced,
            ),
            ("transactions", "Transactions of calls.", &self.transactions),
            (
                "database_errors",
                "Questions to the database that failed.",
                &self.database_errors,
            ),
        ];
        for (name, help, value) in counters {
            let value = value.load(Ordering::Relaxed);
            // Writing into a text doesn't fail.
            let _ = write!(
                text,
                "# HELP libtv_fleet_{name} {help}\n# TYPE libtv_fleet_{name} counter\nlibtv_fleet_{name}_total {value}\n"
            );
        }
        self.late.write(&mut text);
        let gauges = [
            ("in_flight", "Steps under way here.", &self.in_flight),
            (
                "latest_milliseconds",
                "The latest claim of the last look.",
                &self.latest_ms,
            ),
        ];
        for (name, help, value) in gauges {
            let value = value.load(Ordering::Relaxed);
            let _ = write!(
                text,
                "# HELP libtv_fleet_{name} {help}\n# TYPE libtv_fleet_{name} gauge\nlibtv_fleet_{name} {value}\n"
            );
        }
        type Get = fn(&OfTenant) -> f64;
        let of_tenants: [(&str, &str, Get); 4] = [
            ("tenant_sessions", "Sessions that haven't ended.", |one| {
                one.sessions as f64
            }),
            ("tenant_in_flight", "Sessions that are worked on.", |one| {
                one.in_flight as f64
            }),
            (
                "tenant_oldest_due_seconds",
                "How long the oldest has been due.",
                |one| one.oldest_due_seconds,
            ),
            (
                "tenant_uncertain",
                "Messages of which nobody knows whether they arrived.",
                |one| one.uncertain as f64,
            ),
        ];
        for (name, help, get) in of_tenants {
            let _ = write!(
                text,
                "# HELP libtv_fleet_{name} {help}\n# TYPE libtv_fleet_{name} gauge\n"
            );
            for one in tenants {
                let _ = writeln!(
                    text,
                    "libtv_fleet_{name}{{tenant=\"{}\"}} {}",
                    // A tenant's name has no quotes: `tenant add` sees to that.
                    one.tenant,
                    get(one)
                );
            }
        }
        text.push_str("# EOF\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_ends_and_names_each_tenant() {
        let metrics = Metrics::default();
        metrics.claims.store(3, Ordering::Relaxed);
        let tenant = OfTenant {
            tenant: "acme".to_owned(),
            sessions: 7,
            in_flight: 2,
            oldest_due_seconds: 0.5,
            uncertain: 1,
        };
        let text = metrics.text(&[tenant]);
        assert!(text.contains("libtv_fleet_claims_total 3\n"), "{text}");
        assert!(
            text.contains("libtv_fleet_tenant_sessions{tenant=\"acme\"} 7\n"),
            "{text}"
        );
        assert!(
            text.contains("libtv_fleet_tenant_uncertain{tenant=\"acme\"} 1\n"),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn a_count_of_lateness_holds_those_below_it_and_the_last_one_all() {
        let metrics = Metrics::default();
        for late_ms in [0, 5, 6, 400_000] {
            metrics.late.note(Duration::from_millis(late_ms));
        }
        let text = metrics.text(&[]);
        for line in [
            "bucket{le=\"0.005\"} 2",
            "bucket{le=\"0.01\"} 3",
            "bucket{le=\"300\"} 3",
            "bucket{le=\"+Inf\"} 4",
            "sum 400.011",
            "count 4",
        ] {
            let line = format!("libtv_fleet_lateness_seconds_{line}\n");
            assert!(text.contains(&line), "{line} in {text}");
        }
    }
}
