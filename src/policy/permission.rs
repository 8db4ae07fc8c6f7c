//! The permission of a token: its role, capped by its subject's membership in the namespace. This table alone decides it. Knows
//! nothing of where roles come from.

use crate::routes::Access;
use crate::state::MembershipRole;
use crate::token::Role;

/// The table's result for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// The request may be forwarded.
    Granted,
    /// The token's role does not cover the access, whatever the membership.
    RoleInsufficient,
    /// The token's role covers the access, but the membership in the namespace does not.
    MembershipInsufficient,
}

/// Whether a token with this role, whose subject has this membership in the namespace, has this access.
///
/// [`Access::Public`] needs no token, so its column is that of a read.
pub const fn permission(role: Role, membership: MembershipRole, access: Access) -> Permission {
    let [read_token, write_token] = row(membership);
    let [read, contribute, write] = match role {
        Role::Read => read_token,
        Role::Write => write_token,
    };
    match access {
        Access::Public | Access::Read => read,
        Access::Contribute => contribute,
        Access::Write => write,
    }
}

/// The columns of a read token and of a write token: whether it may read, contribute, write.
#[rustfmt::skip]
const fn row(membership: MembershipRole) -> [[Permission; 3]; 2] {
    use MembershipRole as M;
    use Permission::{Granted as YES, MembershipInsufficient as MEMBER, RoleInsufficient as ROLE};
    match membership {
        //                  a read token          a write token
        //                  read contrib. write   read contrib. write
        M::NoAccess    => [[YES, ROLE,    ROLE], [YES, MEMBER,  MEMBER]],
        M::None        => [[YES, ROLE,    ROLE], [YES, YES,     MEMBER]],
        M::Read        => [[YES, ROLE,    ROLE], [YES, YES,     MEMBER]],
        M::Contributor => [[YES, ROLE,    ROLE], [YES, YES,     MEMBER]],
        M::Write       => [[YES, ROLE,    ROLE], [YES, YES,     YES]],
        M::Admin       => [[YES, ROLE,    ROLE], [YES, YES,     YES]],
        M::Owner       => [[YES, ROLE,    ROLE], [YES, YES,     YES]],
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, permission};
    use crate::routes::Access;
    use crate::state::MembershipRole;
    use crate::token::Role;

    const ACCESSES: [Access; 3] = [Access::Read, Access::Contribute, Access::Write];

    /// The cells of the table in ARCHITECTURE.md, which people read.
    fn documented() -> Vec<(Role, MembershipRole, Access, Permission)> {
        let page = include_str!("../../ARCHITECTURE.md");
        let rows = page
            .lines()
            .skip_while(|line| !line.starts_with("| member of the namespace as"))
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        let mut cells = Vec::new();
        for row in rows {
            let words: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let name = words[0].trim_matches('`');
            let membership = MembershipRole::ALL
                .into_iter()
                .find(|role| role.name() == name)
                .unwrap();
            let columns = [Role::Read, Role::Write]
                .into_iter()
                .flat_map(|role| ACCESSES.map(|access| (role, access)));
            for ((role, access), word) in columns.zip(&words[1..]) {
                let permission = match *word {
                    "yes" => Permission::Granted,
                    "no: role" => Permission::RoleInsufficient,
                    "no: membership" => Permission::MembershipInsufficient,
                    other => panic!("{name}: {other}"),
                };
                cells.push((role, membership, access, permission));
            }
        }
        cells
    }

    #[test]
    fn does_what_the_documented_table_says_in_every_cell() {
        let cells = documented();
        assert_eq!(cells.len(), 2 * MembershipRole::ALL.len() * ACCESSES.len());
        for (role, membership, access, expected) in cells {
            assert_eq!(
                permission(role, membership, access),
                expected,
                "{role:?} {membership:?} {access:?}"
            );
        }
    }

    #[test]
    fn never_grants_more_to_a_lesser_role() {
        for access in ACCESSES {
            for pair in MembershipRole::ALL.windows(2) {
                for role in [Role::Read, Role::Write] {
                    if permission(role, pair[0], access) == Permission::Granted {
                        assert_eq!(permission(role, pair[1], access), Permission::Granted);
                    }
                }
            }
            for membership in MembershipRole::ALL {
                if permission(Role::Read, membership, access) == Permission::Granted {
                    assert_eq!(permission(Role::Write, membership, access), Permission::Granted);
                }
            }
        }
    }
}
