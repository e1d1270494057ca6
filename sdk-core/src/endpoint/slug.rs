//! From a capability's name to its slug.

/// Converts a capability's name to its slug: `Summarize Article` becomes `summarize-article`.
///
/// Characters other than ASCII letters, digits and underscores separate words; slugs with underscores exist. The
/// platform's treatment of letters beyond ASCII is not documented; that they separate words is assumed.
///
/// ```
/// use runtype_surface::capability_slug;
///
/// assert_eq!(capability_slug("Summarize Article"), "summarize-article");
/// assert_eq!(capability_slug("  Q&A: the  Bot! "), "q-a-the-bot");
/// assert_eq!(capability_slug("attest_evidence_judge_agent"), "attest_evidence_judge_agent");
/// ```
#[must_use]
pub fn capability_slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | '0'..='9' | '_' => slug.push(character),
            'A'..='Z' => slug.push(character.to_ascii_lowercase()),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    if slug.ends_with('-') {
        slug.pop();
    }
    slug
}
