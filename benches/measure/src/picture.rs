//! One picture of the table: for each line how far it is from its goal, in one light and one dark file, for `<picture>`.

use std::fmt::Write;
use std::path::Path;

use crate::Failed;
use crate::line::{Goal, Line, number};
use crate::report::Report;

const WIDTH: f64 = 760.0;
const LABELS: f64 = 330.0;
const BARS: f64 = 300.0;
const STEP: f64 = 26.0;
const TOP: f64 = 44.0;
/// A bar ends here, however far the goal is surpassed: three times to each side of it.
const REACH: f64 = 3.0;

struct Colours {
    file: &'static str,
    ground: &'static str,
    text: &'static str,
    faint: &'static str,
    met: &'static str,
    missed: &'static str,
}

const SCHEMES: [Colours; 2] = [
    Colours {
        file: "benches-light.svg",
        ground: "#ffffff",
        text: "#1f2328",
        faint: "#8c959f",
        met: "#1a7f37",
        missed: "#bc4c00",
    },
    Colours {
        file: "benches-dark.svg",
        ground: "#0d1117",
        text: "#e6edf3",
        faint: "#7d8590",
        met: "#3fb950",
        missed: "#db6d28",
    },
];

/// Draws both files.
///
/// # Errors
/// When the folder can't be written.
pub fn draw(report: &Report, folder: &Path) -> Result<(), Failed> {
    std::fs::create_dir_all(folder)?;
    for scheme in &SCHEMES {
        std::fs::write(folder.join(scheme.file), svg(report, scheme))?;
    }
    Ok(())
}

fn svg(report: &Report, colours: &Colours) -> String {
    let drawn: Vec<(&Line, f64)> = report
        .lines
        .iter()
        .filter_map(|line| Some((line, times_better(line)?)))
        .collect();
    let height = TOP + STEP * drawn.len() as f64 + 16.0;
    let middle = LABELS + BARS / 2.0;
    let mut text = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>Each measurement against its goal: to the right is better</title>
<rect width="{WIDTH}" height="{height}" fill="{}"/>
<text x="{middle}" y="24" text-anchor="middle" fill="{}">goal</text>
<line x1="{middle}" y1="32" x2="{middle}" y2="{}" stroke="{}" stroke-dasharray="3 3"/>
"#,
        colours.ground,
        colours.faint,
        height - 12.0,
        colours.faint
    );
    for (index, (line, times)) in drawn.iter().enumerate() {
        let y = TOP + STEP * index as f64;
        // Writing to a String can't fail.
        let _ = bar(&mut text, line, *times, y, colours);
    }
    text.push_str("</svg>\n");
    text
}

fn bar(text: &mut String, line: &Line, times: f64, y: f64, colours: &Colours) -> std::fmt::Result {
    let middle = LABELS + BARS / 2.0;
    let reach = (times.ln() / REACH.ln()).clamp(-1.0, 1.0) * BARS / 2.0;
    let (x, width) = (middle.min(middle + reach), reach.abs().max(2.0));
    let colour = if line.is_met() == Some(true) {
        colours.met
    } else {
        colours.missed
    };
    writeln!(
        text,
        r#"<text x="{}" y="{}" text-anchor="end" fill="{}">{}</text>"#,
        LABELS - 12.0,
        y + 13.0,
        colours.text,
        escaped(&line.what)
    )?;
    writeln!(
        text,
        r#"<rect x="{x:.1}" y="{}" width="{width:.1}" height="14" rx="3" fill="{colour}"/>"#,
        y + 2.0
    )?;
    writeln!(
        text,
        r#"<text x="{}" y="{}" fill="{}">{}</text>"#,
        LABELS + BARS + 10.0,
        y + 13.0,
        colours.text,
        escaped(&reached(line))
    )
}

/// How many times better than the goal; below one it is missed. None where that has no ratio.
fn times_better(line: &Line) -> Option<f64> {
    let reached = line.reached()?;
    let times = match line.goal {
        Goal::AtLeast(goal) => reached / goal,
        Goal::AtMost(goal) => goal / reached.max(goal / 100.0),
        Goal::OwnBelow(goal) => goal / reached,
    };
    (times.is_finite() && times > 0.0).then_some(times)
}

fn reached(line: &Line) -> String {
    let unit = match line.goal {
        Goal::AtLeast(_) | Goal::AtMost(_) if line.compare != crate::line::Compare::Difference => {
            "×"
        }
        _ => line.unit,
    };
    line.reached()
        .map_or_else(String::new, |figure| format!("{} {unit}", number(figure)))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let line = Line::alone("a < b & c", "MB", vec![20.0], Goal::OwnBelow(64.0));
        Report {
            date: String::new(),
            machine: String::new(),
            commit: String::new(),
            lines: vec![line],
        }
    }

    #[test]
    fn both_schemes_draw_the_same_bars_in_their_own_colours() {
        let [light, dark] = SCHEMES.each_ref().map(|scheme| svg(&report(), scheme));
        for text in [&light, &dark] {
            assert!(
                text.contains("a &lt; b &amp; c") && text.contains("20 MB"),
                "{text}"
            );
            assert_eq!(text.matches("<rect").count(), 2, "{text}");
        }
        assert!(light.contains(SCHEMES[0].met) && dark.contains(SCHEMES[1].met));
    }
}
