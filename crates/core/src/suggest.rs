//! "Did you mean …?"

/// The candidate nearest to what was given, when it is near enough to be a slip of the fingers.
pub fn closest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may be wrong, or "ls" would be taken for a slip of almost anything short.
    let most = (given.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&given.to_lowercase(), candidate), candidate))
        .filter(|&(distance, _)| distance <= most)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbor until `left` is `right`.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, letter) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &other) in right.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != other);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if column > 0 && previous == Some(other) && right[column - 1] == letter {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
        previous = Some(letter);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_other_words_do_not() {
        let words = ["nick", "join", "who", "help", "quit", "exit"];
        let cases = [
            ("nikc", Some("nick")),
            ("joni", Some("join")),
            ("WHO", Some("who")),
            ("hlep", Some("help")),
            ("qui", Some("quit")),
            ("helpp", Some("help")),
            ("", None),
            ("me", None),
            ("dance", None),
        ];
        for (given, expected) in cases {
            assert_eq!(closest(given, words), expected, "{given:?}");
        }
    }
}
