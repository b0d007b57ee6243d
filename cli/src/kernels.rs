//! Choosing kernels by name.

use anyhow::{Result, bail};
use ruminate::kernels::{TABLES, Table};

/// The tables that may hold kernels whose name contains `filter`. A table can hold several: `sample` those of all
/// `sample_` kernels.
pub fn tables(filter: &str) -> Result<Vec<(&'static str, Table)>> {
    let is_table = TABLES.iter().any(|(name, _)| *name == filter);
    let may_match = |name: &str| name.contains(filter) || !is_table && filter.starts_with(name);
    let tables: Vec<_> = TABLES.iter().copied().filter(|(name, _)| may_match(name)).collect();
    if tables.is_empty() {
        let names: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
        bail!("no kernel's name contains {filter:?}. There are {}", names.join(", "));
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::tables;

    #[test]
    fn a_name_finds_its_table() {
        let names = |filter| tables(filter).unwrap().iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(names("silu"), ["silu_mul"]);
        assert_eq!(names("sample_draw"), ["sample"]);
        assert_eq!(names("matmul_matrix"), ["matmul_matrix"]);
        assert!(names("").len() > 10);
        assert!(tables("convolution").unwrap_err().to_string().contains("matvec"));
    }
}
