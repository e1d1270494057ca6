//! Makes a function of each Rust block of the guide, for `examples/docs-blocks.rs`.

#[path = "src/block.rs"]
#[allow(unreachable_pub, reason = "it is the library's module")]
mod block;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..");
    println!("cargo::rerun-if-changed={}", root.join("docs").display());
    println!("cargo::rerun-if-changed={}", root.join("README.md").display());
    let mut functions = String::new();
    let mut table = String::new();
    for page in pages(&root)? {
        let text = fs::read_to_string(root.join(&page))?;
        let found = block::blocks(&page, &text).map_err(|error| error.0)?;
        for (number, rust) in found.iter().filter(|block| block.language == "rust").enumerate() {
            let name = format!("{}_{number}", page.replace(|c: char| !c.is_ascii_alphanumeric(), "_").to_lowercase());
            functions.push_str(&function(&name, &rust.code));
            table.push_str(&format!("({:?}, {name}::run as fn() -> Ran),\n", rust.code));
        }
    }
    let blocks = format!("{functions}\npub(crate) const BLOCKS: &[(&str, fn() -> Ran)] = &[\n{table}];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("blocks.rs"), blocks)?;
    Ok(())
}

/// The pages, relative to the root.
fn pages(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = vec!["README.md".to_owned()];
    for entry in fs::read_dir(root.join("docs"))? {
        let name = entry?.file_name().into_string().map_err(|name| format!("{name:?} is not UTF-8"))?;
        if name.ends_with(".md") {
            found.push(format!("docs/{name}"));
        }
    }
    found.sort();
    Ok(found)
}

/// A module whose function `run` runs a block: a program, tests, or statements.
fn function(name: &str, code: &str) -> String {
    const TEST: &str = "#[tokio::test]\n";
    let body = if code.contains("fn main(") {
        format!("{code}\npub fn run() -> super::Ran {{ super::Outcome::ran(main()) }}")
    } else if code.contains(TEST) {
        let tests =
            code.split(TEST).skip(1).filter_map(|rest| rest.split_once("fn ")?.1.split_once('(')).map(|(name, _)| name);
        let calls: String = tests.map(|test| format!("super::Outcome::ran({test}().await)?;")).collect();
        let code = code.replace(TEST, "");
        format!("{code}\npub fn run() -> super::Ran {{ super::within(async {{ {calls} Ok(()) }}) }}")
    } else {
        let client = if uses_client(code) { "let client = runtype_surface::Client::from_env()?;" } else { "" };
        format!("pub fn run() -> super::Ran {{ super::within(async {{ {client}\n{code}\nOk(()) }}) }}")
    };
    format!("mod {name} {{\n{body}\n}}\n")
}

/// Whether a block uses the client that the guide's start creates, and creates none itself.
fn uses_client(code: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "client") && !code.contains("let client")
}
