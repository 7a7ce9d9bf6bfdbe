//! Where Codex remembers a conversation: in the record of its thread, `sessions/<year>/<month>/<day>/rollout-…-<id>.jsonl`.
//!
//! Another home takes it up under the same path, also one whose Codex runs already; it makes the rows of its database
//! from it (seen with 0.169).

use std::{
    fs,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::runtime::Memory;

/// How many directories lie above a record in `sessions`.
const ABOVE: usize = 3;

/// What is remembered of a conversation; `None` if there is no record of it.
pub(super) fn of(home: &Path, conversation: Uuid) -> Option<Memory> {
    let end = format!("-{conversation}.jsonl");
    let mut places = vec![PathBuf::from("sessions")];
    for _ in 0..ABOVE {
        places = below(home, &places);
    }
    let mut records = below(home, &places);
    records.retain(|record| record.to_string_lossy().ends_with(&end));
    (!records.is_empty()).then(|| Memory {
        home: home.to_owned(),
        parts: records,
    })
}

/// What lies in these directories, all told from the home.
fn below(home: &Path, places: &[PathBuf]) -> Vec<PathBuf> {
    let entries = |place: &PathBuf| {
        let entries = fs::read_dir(home.join(place)).into_iter().flatten();
        let place = place.clone();
        entries
            .flatten()
            .map(move |entry| place.join(entry.file_name()))
            .collect::<Vec<_>>()
    };
    places.iter().flat_map(entries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_of_a_thread_is_found_by_its_name_whatever_the_day() {
        let home = tempfile::tempdir().unwrap();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(of(home.path(), one), None);
        for (day, id) in [("2026/11/23", one), ("2026/12/01", other)] {
            let day = home.path().join("sessions").join(day);
            fs::create_dir_all(&day).unwrap();
            fs::write(day.join(format!("rollout-then-{id}.jsonl")), "").unwrap();
        }
        let record = format!("sessions/2026/11/23/rollout-then-{one}.jsonl");
        let parts = of(home.path(), one).unwrap().parts;
        assert_eq!(parts, [PathBuf::from(record)]);
    }
}
