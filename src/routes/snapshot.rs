//! A parsed table as bytes, from which it is there again at once: the build makes one of every table that ships, so that no new
//! isolate parses a text first.

use std::error::Error;
use std::fmt;

use super::shipped::ShippedTable;
use super::table::RouteTable;
use super::table_error::RouteTableError;
use crate::stored::{Reader, Stored, write_bytes};

/// Why bytes are no snapshot of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotError;

impl fmt::Display for SnapshotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("these bytes are no snapshot of a route table: expected what the same build made; build the Worker again")
    }
}

impl Error for SnapshotError {}

impl RouteTable {
    /// The table as bytes, for [`RouteTable::from_snapshot`] of the same build. Without the gate's prefix, which is the deployment's.
    pub fn to_snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// The table of which the same build made these bytes. Nothing is checked but that they can be read: a part of the build
    /// is as trustworthy as its code.
    ///
    /// # Errors
    /// [`SnapshotError`] if they are no snapshot.
    pub fn from_snapshot(snapshot: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::new(snapshot);
        let table = Self::read(&mut reader);
        reader.end().map(|()| table).ok_or(SnapshotError)
    }
}

/// The snapshots of all tables that ship, each with its name, as bytes.
pub struct ShippedSnapshots;

impl ShippedSnapshots {
    /// Parses every table that ships.
    ///
    /// # Errors
    /// [`RouteTableError`] if one of them is faulty.
    pub fn make() -> Result<Vec<u8>, RouteTableError> {
        let mut bytes = Vec::new();
        for table in ShippedTable::ALL {
            write_bytes(table.name.as_bytes(), &mut bytes);
            write_bytes(&RouteTable::parse_shipped(table)?.to_snapshot(), &mut bytes);
        }
        Ok(bytes)
    }

    /// The snapshot of the table with this name; `None` if no table has it.
    pub fn find<'bytes>(bytes: &'bytes [u8], name: &str) -> Option<&'bytes [u8]> {
        let mut reader = Reader::new(bytes);
        while reader.has_more() {
            let (known, snapshot) = (reader.bytes(), reader.bytes());
            if known == name.as_bytes() {
                return Some(snapshot);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::SnapshotError;
    use crate::routes::{RouteTable, ShippedTable};

    #[test]
    fn a_table_is_the_same_behind_its_snapshot() {
        let own = "header X-Own,X-Mine-*\nread GET /{namespace}/{repo}\nwrite POST /{repo}{1,3} ?a=b\ninclude hub+npm@/npm";
        for setting in ShippedTable::ALL
            .map(|table| table.name)
            .into_iter()
            .chain(["hub+oci@/v", own])
        {
            let snapshot = RouteTable::configured(setting).unwrap().to_snapshot();
            println!("{setting} {}", snapshot.len());
            let table = RouteTable::from_snapshot(&snapshot).unwrap();
            assert_eq!(table.to_snapshot(), snapshot, "{setting}");
            for bytes in [
                &snapshot[1..],
                &snapshot[..snapshot.len() - 1],
                &[],
                &[&snapshot[..], &[0]].concat(),
            ] {
                assert_eq!(
                    RouteTable::from_snapshot(bytes).err(),
                    Some(SnapshotError),
                    "{setting}"
                );
            }
        }
    }
}
