//! How a process is asked to stop: by SIGTERM, on Windows by the Ctrl-Break of its console.

use std::process::Command;

/// Prepares a command whose process is to be asked alone: a console tells the whole group.
pub fn on_its_own(command: &mut Command) {
    #[cfg(windows)]
    {
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        std::os::windows::process::CommandExt::creation_flags(command, CREATE_NEW_PROCESS_GROUP);
    }
    #[cfg(unix)]
    let _ = command;
}

/// Asks the process with this id to stop.
#[cfg(unix)]
pub fn ask_to_stop(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::TERM).unwrap();
}

/// The same, of a process that was started [`on_its_own`].
#[cfg(windows)]
#[allow(unsafe_code, reason = "a call of the system with two numbers")]
pub fn ask_to_stop(pid: u32) {
    use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
    // SAFETY: it takes no pointers, and any number is good for a group.
    let told = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, pid) };
    assert_ne!(told, 0, "{}", std::io::Error::last_os_error());
}
