//! The commonest failures, as a user sees them in a terminal.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use runtype_mock::{Config, MockSurface};

const FAILURES: usize = 12;

#[tokio::test]
async fn each_of_the_twelve_commonest_failures_takes_at_most_four_lines_and_shows_no_key() {
    let config = Config::from_toml(include_str!("../../errors.toml")).unwrap();
    let surface = MockSurface::start_with(config, ([127, 0, 0, 1], 0).into()).await.unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_errors")).env_clear().envs(surface.variables()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let failures: Vec<_> = printed.split("# ").skip(1).collect();
    assert_eq!(failures.len(), FAILURES, "{printed}");
    for failure in failures {
        let (title, text) = failure.split_once('\n').unwrap();
        assert!((1..=4).contains(&text.trim().lines().count()), "{title}: {text}");
        assert!(text.contains("Error: "), "{title}: {text}");
        assert!(!text.contains("papi_errors_") && !text.contains("rt_live_0"), "{title}: {text}");
    }
}
