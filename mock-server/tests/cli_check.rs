//! The command `check`.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

mod support;

use support::served::{mock, text};

#[test]
fn check_prints_all_problems_with_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mock.toml");
    let file = path.to_str().unwrap();
    let config = [
        "sead = 1",                                                            // 1
        "[[surfaces]]",                                                        // 2
        "nmae = \"x\"",                                                        // 3
        "[[surfaces.capabilities]]",                                           // 4
        "slug = \"a\"",                                                        // 5
        "answer = { kind = \"template\", output = \"{{ input.a | uper }}\" }", // 6
        "[[surfaces.keys]]",                                                   // 7
        "key = \"rt_live_0123456789\"",                                        // 8
        "[[surfaces]]",                                                        // 9
        "[[surfaces.capabilities]]",                                           // 10
        "slug = \"echo\"",                                                     // 11
        "[[surfaces.capabilities]]",                                           // 12
        "slug = \"echo\"",                                                     // 13
        "[[surfaces.faults]]",                                                 // 14
        "kind = \"reset\"",                                                    // 15
        "capability = \"ecoh\"",                                               // 16
    ];
    std::fs::write(&path, config.join("\n")).unwrap();
    let output = mock().args(["check", file]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let lines: Vec<_> = printed.lines().collect();
    let expected = [
        (1, "did you mean `seed`?"),
        (3, "did you mean `name`?"),
        (4, "no filter `uper`; did you mean `upper`?"),
        (8, "papi_"),
        (12, "capabilities[1]: `slug` is \"echo\""),
        (14, "did you mean `echo`?"),
    ];
    assert_eq!(lines.len(), expected.len(), "{printed}");
    for (line, (number, words)) in lines.iter().zip(expected) {
        assert!(line.starts_with(&format!("{file}:{number}: ")) && line.contains(words), "{line}");
    }
    assert!(!printed.contains("0123456789"), "{printed}");

    let serve = mock().args(["serve", "--config", file]).output().unwrap();
    assert_eq!(serve.status.code(), Some(2));
    std::fs::remove_file(&path).unwrap();
    assert!(mock().args(["init", file]).output().unwrap().status.success());
    assert_eq!(mock().args(["check", file]).output().unwrap().status.code(), Some(0));
}
