// Ready lines that use a token, with everything filled in.

/** `[label, text, hint]` for a created token at this hub. */
export function tokenLines({ token, subject, restrictions }, origin) {
  return [
    [
      "git",
      `git clone ${withUser(origin, subject)}/${repositoryOf(restrictions)}`,
      "git asks for a password: paste the token. With a credential helper (git config --global credential.helper store) it asks once.",
    ],
    ["curl", `curl -H "Authorization: Bearer ${token}" ${origin}/api/whoami-v2`, "Prints who the token stands for."],
    [
      "Python",
      `from huggingface_hub import HfApi\n\napi = HfApi(endpoint="${origin}", token="${token}")\nprint(api.whoami()["name"])`,
      "pip install huggingface_hub",
    ],
    [
      "Environment",
      environmentLines(token, origin),
      "Client libraries and the command line hf read these. Set them for one shell, not in a file that is shared. If your hub stores files with Xet, leave the last line out.",
    ],
  ];
}

export const environmentLines = (token, origin) => `export HF_ENDPOINT=${origin}\nexport HF_TOKEN=${token}\nexport HF_HUB_DISABLE_XET=1`;

/** A repository that the token reaches, as an example. */
const repositoryOf = (restrictions) =>
  restrictions.flatMap(({ repositories }) => repositories ?? []).find((entry) => !entry.includes("*"))?.replace(/^models\//, "") ?? "acme/widget";

const withUser = (origin, subject) => origin.replace("://", `://${encodeURIComponent(subject)}@`);
