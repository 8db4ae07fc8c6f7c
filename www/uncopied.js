// Guards a new token that is shown once and was not copied yet.

// Its name; null if there is none.
let uncopied = null;

/** Asks before an uncopied token disappears. False if the person wants to stay. */
export function confirmLeaving() {
  if (uncopied !== null && !confirm(`You have not copied the token “${uncopied}”. Leave all the same? It cannot be shown again.`)) return false;
  uncopied = null;
  return true;
}

/** Guards the token of this name from now on. */
export const guard = (name) => {
  uncopied = name;
};

/** The token was copied, or is no longer shown. */
export const unguard = () => {
  uncopied = null;
};

addEventListener("beforeunload", (event) => {
  if (uncopied !== null) event.preventDefault();
});
