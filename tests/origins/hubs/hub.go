// A hub over Go's net/http: its ServeMux, and FormValue, which looks into the form before the query.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// The identities that a hub may be told: those of the tests' tokens and of `lychgate probe` itself. Any other is forged.
var identities = map[[2]string]bool{
	{"", ""}: true, {"probe", "write"}: true, {"reader", "read"}: true, {"writer", "write"}: true,
	{"outsider", "write"}: true,
}

func does(w http.ResponseWriter, r *http.Request, effect string) {
	subject := r.Header.Get("X-Lychgate-Subject")
	if !identities[[2]string{subject, r.Header.Get("X-Lychgate-Role")}] {
		effect = "write"
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Effect", effect)
	if access := r.Header.Get("X-Lychgate-Access"); access != "" {
		w.Header().Set("X-Probe-Access", access)
	}
	if subject != "" {
		w.Header().Set("X-Seen-Subject", subject)
	}
	json.NewEncoder(w).Encode(map[string]string{"effect": effect, "subject": subject})
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func models(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/models/"), "/")
	isRead := r.Method == "GET" || r.Method == "HEAD"
	switch {
	case len(parts) == 2 && isRead:
		does(w, r, "read")
	case len(parts) == 2 && r.Method == "DELETE":
		does(w, r, "write")
	case len(parts) == 3 && parts[2] == "settings" && r.Method == "PUT":
		does(w, r, "write")
	case len(parts) == 4 && parts[2] == "xet-write-token" && isRead:
		does(w, r, "write")
	case len(parts) == 4 && parts[2] == "paths-info" && r.Method == "POST":
		does(w, r, "read")
	case len(parts) == 4 && parts[2] == "commit" && r.Method == "POST":
		does(w, r, either(r.FormValue("create_pr") == "1", "contribute", "write"))
	default:
		http.NotFound(w, r)
	}
}

func repositories(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if len(parts) < 3 {
		http.NotFound(w, r)
		return
	}
	isRead := r.Method == "GET" || r.Method == "HEAD"
	switch rest := strings.Join(parts[2:], "/"); {
	case rest == "info/refs" && isRead:
		does(w, r, either(r.FormValue("service") == "git-receive-pack", "write", "read"))
	case rest == "git-receive-pack" && r.Method == "POST":
		does(w, r, "write")
	case rest == "info/lfs/objects/batch" && r.Method == "POST":
		operation := r.FormValue("operation")
		if operation == "" {
			var body struct{ Operation string }
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				http.Error(w, "not JSON", http.StatusBadRequest)
				return
			}
			operation = body.Operation
		}
		does(w, r, either(operation == "upload", "write", "read"))
	default:
		http.NotFound(w, r)
	}
}

func on(method, effect string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			http.Error(w, "another method", http.StatusMethodNotAllowed)
			return
		}
		does(w, r, effect)
	}
}

func main() {
	http.HandleFunc("/api/models/", models)
	http.HandleFunc("/api/repos/create", on("POST", "contribute"))
	http.HandleFunc("/generate", on("POST", "read"))
	http.HandleFunc("/v1/chat/completions", on("POST", "read"))
	http.HandleFunc("/", repositories)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening on %d\n", listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, nil))
}
