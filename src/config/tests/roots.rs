//! Where the first seed kept its data: the root that other names are below.

use insta::assert_snapshot;

use super::{Folder, SMALLEST};
use crate::config::Standing;

fn told(toml: &str, variables: &[(&str, &str)]) -> String {
    Folder::new(toml).told(variables)
}

#[test]
fn a_root_that_is_not_absolute_is_no_place_for_data() {
    assert_snapshot!(told(SMALLEST, &[("OMC_RUNTIME_ROOT", "here")]));
    assert_snapshot!(told(SMALLEST, &[("DISCORD_OWNER_ROLE_ID", "x")]));
}

#[test]
fn a_root_that_is_not_absolute_is_told_once_by_its_own_name() {
    let below = ("OMC_DATA_DIR", "data");
    for root in ["OMC_RUNTIME_ROOT", "DISCORD_ORCHESTRATOR_HOME"] {
        let alone = told(SMALLEST, &[(root, "here")]);
        assert!(alone.contains(root), "{alone}");
        assert_eq!(told(SMALLEST, &[(root, "here"), below]), alone);
    }
}

#[test]
fn a_root_that_the_data_directory_is_below_is_in_use() {
    let standing = |variables: &[(&str, &str)]| {
        let settings = Folder::new(SMALLEST).load(variables).unwrap();
        let names = settings.old_names().iter();
        let of_data = names.filter(|name| name.key == "data.dir");
        let standings: Vec<_> = of_data.map(|name| name.standing.clone()).collect();
        (settings.data.dir.display().to_string(), standings)
    };
    let (holds, unset) = (Standing::Holds, Standing::Unset);
    let overruled = |by: &str| Standing::Overruled { by: by.to_owned() };
    let (root, home) = (
        ("OMC_RUNTIME_ROOT", "/r"),
        ("DISCORD_ORCHESTRATOR_HOME", "/h"),
    );
    let below = ("OMC_DATA_DIR", "data");
    let by_it = overruled("OMC_DATA_DIR");
    assert_eq!(
        standing(&[root, below]),
        (
            "/r/data".to_owned(),
            vec![holds.clone(), holds.clone(), unset.clone()]
        )
    );
    assert_eq!(
        standing(&[home, below]),
        (
            "/h/data".to_owned(),
            vec![holds.clone(), unset, holds.clone()]
        )
    );
    assert_eq!(
        standing(&[root, home, below]),
        (
            "/r/data".to_owned(),
            vec![holds.clone(), holds.clone(), by_it.clone()]
        )
    );
    assert_eq!(
        standing(&[root, home, ("OMC_DATA_DIR", "/d")]),
        ("/d".to_owned(), vec![holds, by_it.clone(), by_it])
    );
    let new = overruled("BATON_DATA__DIR");
    assert_eq!(
        standing(&[root, home, below, ("BATON_DATA__DIR", "/n")]),
        ("/n".to_owned(), vec![new.clone(), new.clone(), new])
    );
}
