// Ready lines that use a token, with everything filled in.

/** `[label, text, hint]` for a token of this subject at this hub. */
export function tokenLines(token, subject, origin) {
  return [
    [
      "git",
      `git clone ${withUser(origin, subject)}/acme/widget`,
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

const withUser = (origin, subject) => origin.replace("://", `://${encodeURIComponent(subject)}@`);
