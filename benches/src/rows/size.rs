//! Sizes of what is shipped.

use std::path::Path;

use crate::Failed;
use crate::lab::{Lab, Programs};
use crate::line::{Goal, Line};
use crate::stats::percentile;

/// Enough to see a start's usual time.
const RUNS: usize = 20;

/// Component, program, and the program without the compiler.
pub fn files(programs: &Programs) -> Result<Vec<Line>, Failed> {
    let mut lines = Vec::new();
    let component = programs
        .program
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
        "binary, component and compiler included",
        "MB",
        vec![mb],
        Goal::OwnBelow(24.0),
    ));
    if let Some(program) = &programs.without_compiler {
        let mb = bytes(program)? / 1e6;
        let line = Line::alone(
            "binary without the compiler",
            "MB",
            vec![mb],
            Goal::OwnBelow(8.0),
        );
        lines.push(
            line.note(format!(
                "with the compiled component inside; its check takes {:.1} ms",
                start_ms(programs, program)?
            ))
            .closed_by("a smaller component: compiled, it is 1.7 MB of it"),
        );
    }
    Ok(lines)
}

/// From its start to its exit; it never compiles, so its first run is as good as any.
fn start_ms(programs: &Programs, program: &Path) -> Result<f64, Failed> {
    let lab = Lab::new(&Programs {
        program: program.to_owned(),
        ..programs.clone()
    })?;
    let mut ms = Vec::new();
    for _ in 0..RUNS {
        ms.push(lab.run(["check"])?.wall_ms);
    }
    Ok(percentile(&ms, 0.5))
}

fn bytes(path: &Path) -> Result<f64, Failed> {
    Ok(std::fs::metadata(path)?.len() as f64)
}
