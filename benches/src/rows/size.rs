//! Sizes of what is shipped.

use std::path::Path;

use crate::Failed;
use crate::lab::Programs;
use crate::line::{Goal, Line};

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
        ));
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
        lines.push(Line::alone(
            "binary without the compiler",
            "MB",
            vec![mb],
            Goal::OwnBelow(8.0),
        ));
    }
    Ok(lines)
}

fn bytes(path: &Path) -> Result<f64, Failed> {
    Ok(std::fs::metadata(path)?.len() as f64)
}
