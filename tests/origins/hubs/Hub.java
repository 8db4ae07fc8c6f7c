import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.tomcat.util.json.JSONParser;
import org.apache.tomcat.util.json.ParseException;

/** A hub as a servlet: `getParameter` merges query and form, and `getReader` decodes by the charset of the Content-Type. */
@WebServlet("/*")
public class Hub extends HttpServlet {
    private static final Set<String> IDENTITIES =
            Set.of(" ", "probe write", "reader read", "writer write", "outsider write");
    private static final String MODEL = "/api/models/[^/]+/[^/]+";
    private static final String REPOSITORY = "/[^/]+/[^/]+";

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = path(request);
        if (Pattern.matches(MODEL, path)) {
            does(request, response, "read");
        } else if (Pattern.matches(MODEL + "/xet-write-token/[^/]+", path)) {
            does(request, response, "write");
        } else if (Pattern.matches(REPOSITORY + "/info/refs", path)) {
            does(request, response, "git-receive-pack".equals(request.getParameter("service")) ? "write" : "read");
        } else {
            response.sendError(404);
        }
    }

    @Override
    protected void doDelete(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (Pattern.matches(MODEL, path(request))) {
            does(request, response, "write");
        } else {
            response.sendError(404);
        }
    }

    @Override
    protected void doPut(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (Pattern.matches(MODEL + "/settings", path(request))) {
            does(request, response, "write");
        } else {
            response.sendError(404);
        }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = path(request);
        if (Pattern.matches(MODEL + "/commit/[^/]+", path)) {
            does(request, response, "1".equals(request.getParameter("create_pr")) ? "contribute" : "write");
        } else if (Pattern.matches(MODEL + "/paths-info/[^/]+|/generate|/v1/chat/completions", path)) {
            does(request, response, "read");
        } else if (path.equals("/api/repos/create")) {
            does(request, response, "contribute");
        } else if (Pattern.matches(REPOSITORY + "/git-receive-pack", path)) {
            does(request, response, "write");
        } else if (Pattern.matches(REPOSITORY + "/info/lfs/objects/batch", path)) {
            does(request, response, "upload".equals(operation(request)) ? "write" : "read");
        } else {
            response.sendError(404);
        }
    }

    private static Object operation(HttpServletRequest request) throws IOException {
        String parameter = request.getParameter("operation");
        if (parameter != null) {
            return parameter;
        }
        try {
            return new JSONParser(request.getReader()).parse() instanceof Map<?, ?> body ? body.get("operation") : null;
        } catch (ParseException | Error malformed) {
            return null;
        }
    }

    private static String path(HttpServletRequest request) {
        return request.getPathInfo() == null ? "/" : request.getPathInfo();
    }

    private static void does(HttpServletRequest request, HttpServletResponse response, String effect) throws IOException {
        String subject = said(request, "X-Lychgate-Subject");
        String done = IDENTITIES.contains(subject + " " + said(request, "X-Lychgate-Role")) ? effect : "write";
        response.setContentType("application/json");
        response.setHeader("X-Effect", done);
        String access = said(request, "X-Lychgate-Access");
        if (!access.isEmpty()) {
            response.setHeader("X-Probe-Access", access);
        }
        if (!subject.isEmpty()) {
            response.setHeader("X-Seen-Subject", subject);
        }
        String quoted = subject.replaceAll("[\"\\\\]", "?");
        response.getWriter().print("{\"effect\":\"" + done + "\",\"subject\":\"" + quoted + "\"}");
    }

    private static String said(HttpServletRequest request, String name) {
        String value = request.getHeader(name);
        return value == null ? "" : value;
    }
}
