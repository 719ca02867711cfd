//! Where the page may lead a person: results are fetched by the harness under its own rules, so the canvas is the only link
//! that a browser follows elsewhere. The status comes from the component, which must not choose another place for it.

use host::Overview;

/// LibTV's canvas. The slash ends the host: what stands behind it can't change where the link leads.
const CANVAS: &str = "https://www.liblib.tv/";

/// Takes the links out of a status that lead elsewhere.
pub(crate) fn lead_home(status: &mut Overview) {
    for session in &mut status.sessions {
        let link = session.project_url.take();
        // Taken out and not refused: a job is shown without its link rather than not at all.
        session.project_url = link.filter(|link| link.starts_with(CANVAS));
    }
}

#[cfg(test)]
mod tests {
    use host::{Session, SessionState};

    use super::*;

    fn overview<const N: usize>(links: [Option<&str>; N]) -> Overview {
        let session = |link: Option<&str>| Session {
            session_id: "s".to_owned(),
            state: SessionState::Completed,
            channel: None,
            chat_id: None,
            reply_to: None,
            service: "nexu".to_owned(),
            cancellable: false,
            next_poll_at_ms: None,
            project_url: link.map(str::to_owned),
            turns: Vec::new(),
            deliveries: Vec::new(),
        };
        Overview {
            now_ms: 0,
            sessions: links.map(session).into(),
            unknown_submits: Vec::new(),
            damaged: Vec::new(),
        }
    }

    #[test]
    fn the_canvas_leads_to_libtv_or_nowhere_and_the_rest_of_the_status_stays() {
        let canvas = "https://www.liblib.tv/canvas?projectId=1";
        let elsewhere = [
            "javascript:alert(1)",
            "http://www.liblib.tv/canvas",
            "https://www.liblib.tv.evil.example/",
            "https://www.liblib.tv",
            "https://www.liblib.tv:8443/",
            "https://www.liblib.tv@evil.example/",
            "https://www.liblib.tv\\@evil.example/",
            " https://evil.example/https://www.liblib.tv/",
            "//evil.example/",
            "",
        ];
        for link in elsewhere {
            let mut status = overview([Some(link), Some(canvas), None]);
            lead_home(&mut status);
            assert_eq!(status, overview([None, Some(canvas), None]), "{link}");
        }
    }
}
