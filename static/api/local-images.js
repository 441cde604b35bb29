// No image comes from another host. One that would fails instead, without a request;
// Redoc, whose logo is such an image, then does without, as it does offline.
"use strict";

const image = HTMLImageElement.prototype;
const { setAttribute } = image;
const source = Object.getOwnPropertyDescriptor(image, "src");

const isForeign = (address) =>
  new URL(address, location).origin !== location.origin;

const fail = (element) =>
  setTimeout(() => element.dispatchEvent(new Event("error")));

image.setAttribute = function (name, value) {
  if (name === "src" && isForeign(value)) {
    fail(this);
  } else {
    setAttribute.call(this, name, value);
  }
};

Object.defineProperty(image, "src", {
  ...source,
  set(value) {
    if (isForeign(value)) {
      fail(this);
    } else {
      source.set.call(this, value);
    }
  },
});
