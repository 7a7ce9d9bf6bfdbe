//! What somebody meant who has misspelt a word.

/// The word that is nearest to what was written, if it is near enough, whatever the letters' case.
pub fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let distance = |word: &'a str| {
        (
            strsim::damerau_levenshtein(&word.to_lowercase(), &written),
            word,
        )
    };
    words
        .into_iter()
        .map(distance)
        // More than a third of the letters wrong is another word.
        .filter(|(distance, word)| *distance * 3 <= word.len().max(3))
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_few_wrong_letters_is_known_again() {
        for (written, meant) in [
            ("Bsh", Some("Bash")),
            ("baSH", Some("Bash")),
            ("Raed", Some("Read")),
            ("WebSaerch", Some("WebSearch")),
            ("Lock", None),
            ("", None),
        ] {
            let words = ["Bash", "Read", "WebSearch"];
            assert_eq!(nearest(written, words), meant, "{written}");
        }
    }
}
