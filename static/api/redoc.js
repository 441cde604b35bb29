// Shows the API in Redoc, with the fonts of the reader's machine.
"use strict";

const page = document.getElementById("redoc");
const fontFamily = "system-ui, sans-serif";

Redoc.init(
  page.dataset.schema,
  {
    hideDownloadButton: false,
    nativeScrollbars: true,
    theme: {
      typography: {
        fontFamily,
        headings: { fontFamily },
        code: { fontFamily: "ui-monospace, monospace" },
      },
    },
  },
  page,
);
