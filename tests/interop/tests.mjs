// All of them at once: whoever is told that the last test has ended closes the browsers.
import "./vectors.test.mjs";
import "./group_vectors.test.mjs";
import "./rooms.test.mjs";
import "./groups.test.mjs";
