// Shows the API in Swagger UI, where requests can be sent as the person signed in.
"use strict";

const page = document.getElementById("swagger-ui");
const { schema, csrfToken } = page.dataset;

SwaggerUIBundle({
  url: schema,
  domNode: page,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  filter: true,
  requestInterceptor(request) {
    const isOurs = new URL(request.url, location).origin === location.origin;
    if (csrfToken && isOurs && !["GET", "HEAD"].includes(request.method)) {
      request.headers["X-CSRFToken"] = csrfToken;
    }
    return request;
  },
});
