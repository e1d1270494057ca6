//! The path of a value that does not have the expected shape.

use serde_path_to_error::{Path, Segment};

/// A JSON pointer (RFC 6901) such as `/items/3/title`; `None` for the whole value.
pub(crate) fn pointer(path: &Path) -> Option<String> {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            // A variant is not a step in the JSON, and below what is unknown there is no path.
            Segment::Enum { .. } => {}
            Segment::Unknown => break,
        }
    }
    Some(pointer).filter(|pointer| !pointer.is_empty())
}
