import java.io.File;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.UsernamePasswordCredentialsProvider;

/** Lists the refs of a remote repository, or pushes to it: `JGitClient.java read|write URL FOLDER [TOKEN]`. Prints why it failed. */
class JGitClient {
    public static void main(String[] arguments) throws Exception {
        String url = arguments[1];
        File folder = new File(arguments[2]);
        var login = arguments.length > 3 ? new UsernamePasswordCredentialsProvider("alice", arguments[3]) : null;
        try {
            if (arguments[0].equals("read")) {
                Git.lsRemoteRepository().setRemote(url).setCredentialsProvider(login).call();
            } else {
                Git git = Git.init().setDirectory(folder).call();
                git.commit().setMessage("x").setAuthor("Alice", "alice@example.org").setCommitter("Alice", "alice@example.org").call();
                git.push().setRemote(url).setRefSpecs(new RefSpec("HEAD:refs/heads/main")).setCredentialsProvider(login).call();
            }
        } catch (Exception error) {
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                System.out.println(cause.getMessage());
            }
            System.exit(1);
        }
    }
}
