//! The command, and a mock that it serves.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

pub(crate) const VARIABLES: [&str; 5] = [
    "RUNTYPE_BASE_URL",
    "RUNTYPE_MOCK_CONTROL_URL",
    "RUNTYPE_PRODUCT_API_KEY",
    "RUNTYPE_PRODUCT_ID",
    "RUNTYPE_SURFACE_ID",
];

/// The variable that a mock prints that does not listen on loopback.
pub(crate) const CONTROL_TOKEN: &str = "RUNTYPE_MOCK_CONTROL_TOKEN";

pub(crate) fn mock() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtype-mock"));
    // Removes the test run's own environment, so that only the mock's variables are seen.
    command
        .env_remove("RUNTYPE_MOCK_BIN")
        .env_remove(CONTROL_TOKEN)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A served mock that does not outlive its test.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) variables: BTreeMap<String, String>,
}

impl Served {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(mock().arg("serve").args(arguments))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut variables = BTreeMap::new();
        // The URL of the control interface is the last, or the one before its token.
        let mut last = "RUNTYPE_MOCK_CONTROL_URL";
        while !variables.contains_key(last) {
            let line = lines.next().expect("all lines").unwrap();
            let (name, value) = line.split_once('=').unwrap();
            variables.insert(name.to_owned(), value.to_owned());
            if name == "RUNTYPE_MOCK_CONTROL_URL" && command.get_args().any(|argument| argument == "0.0.0.0") {
                last = CONTROL_TOKEN;
            }
        }
        Self { child, variables }
    }

    pub(crate) fn url(&self, slug: &str) -> String {
        let get = |name: &str| self.variables[name].as_str();
        let (base, product, surface) = (get("RUNTYPE_BASE_URL"), get("RUNTYPE_PRODUCT_ID"), get("RUNTYPE_SURFACE_ID"));
        format!("{base}/v1/products/{product}/surfaces/{surface}/api/{slug}")
    }

    pub(crate) fn key(&self) -> &str {
        &self.variables["RUNTYPE_PRODUCT_API_KEY"]
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(pid(self.child.id()), signal).unwrap();
    }

    /// Stops it and returns its standard output and standard error.
    pub(crate) fn stop(mut self) -> (i32, String) {
        self.signal(Signal::TERM);
        let code = self.child.wait().unwrap().code().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (code, log)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
