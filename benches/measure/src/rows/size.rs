//! Sizes of what is shipped.

use std::path::Path;

use crate::Failed;
use crate::lab::Lab;
use crate::line::{Goal, Line};
use crate::programs::Programs;
use crate::stats::percentile;

/// Enough to see a start's usual time.
const RUNS: usize = 20;

/// Component and program.
pub fn files(programs: &Programs) -> Result<Vec<Line>, Failed> {
    let mut lines = Vec::new();
    let component = programs
        .built
        .ancestors()
        .nth(2)
        .map(|target| target.join("component/wasm32-wasip2/component/guest.wasm"));
    if let Some(component) = component.filter(|path| path.exists()) {
        let kb = bytes(&component)? / 1e3;
        lines.push(Line::alone(
            "component",
            "KB",
            vec![kb],
            Goal::OwnBelow(400.0),
        ).closed_by("fewer steps in the core's procedures (310 KB), WASI's own files and streams in place of std's (30 KB), a std without the words of panics (30 KB); benches/README.md"));
    }
    let mb = bytes(&programs.program)? / 1e6;
    lines.push(Line::alone(
        "binary, component and its code included",
        "MB",
        vec![mb],
        Goal::OwnBelow(16.0),
    ));
    Ok(lines)
}

/// The program in the profile for size.
pub fn smallest(programs: &Programs) -> Result<Vec<Line>, Failed> {
    let program = crate::programs::smallest()?;
    let line = Line::alone(
        "binary of the profile `small`",
        "MB",
        vec![bytes(&program)? / 1e6],
        Goal::OwnBelow(8.0),
    );
    Ok(vec![
        line.note(format!(
            "without demo, MCP server and dashboard; its check takes {:.1} ms",
            start_ms(programs, &program)?
        ))
        .closed_by("a smaller component: compiled, it is 1.7 MB of it"),
    ])
}

/// From its start to its exit.
fn start_ms(programs: &Programs, program: &Path) -> Result<f64, Failed> {
    let lab = Lab::new(&programs.with(program)?)?;
    let mut ms = Vec::new();
    for _ in 0..RUNS {
        ms.push(lab.run(["check"])?.wall_ms);
    }
    Ok(percentile(&ms, 0.5))
}

fn bytes(path: &Path) -> Result<f64, Failed> {
    Ok(std::fs::metadata(path)?.len() as f64)
}
