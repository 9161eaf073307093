// Asks for a passkey or a hardware key and sends its answer with the form. Without scripts, or in a browser that knows no keys, such forms do not show.
{
  const bytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), letter => letter.charCodeAt(0));
  const text = buffer => buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = keys => keys?.map(key => ({ ...key, id: bytes(key.id) }));

  async function answer(kind, options) {
    const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials), excludeCredentials: known(options.excludeCredentials) };
    if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
    const key = await navigator.credentials[kind]({ publicKey });
    const { clientDataJSON, attestationObject, authenticatorData, signature, userHandle } = key.response;
    return JSON.stringify({
      id: key.id,
      rawId: key.id,
      type: key.type,
      authenticatorAttachment: key.authenticatorAttachment,
      clientExtensionResults: key.getClientExtensionResults(),
      response: {
        clientDataJSON: text(clientDataJSON),
        attestationObject: text(attestationObject),
        authenticatorData: text(authenticatorData),
        signature: text(signature),
        userHandle: text(userHandle),
        transports: key.response.getTransports?.(),
      },
    });
  }

  for (const form of window.PublicKeyCredential ? document.querySelectorAll("form[data-key]") : []) {
    form.hidden = false;
    form.addEventListener("submit", async event => {
      event.preventDefault();
      // What is missing, and what it means that no key answered, the node says in the reader's language.
      const isFilled = [...form.elements].every(field => field.checkValidity());
      form.elements.answer.value = isFilled ? await answer(form.dataset.key, JSON.parse(form.dataset.options)).catch(() => "") : "";
      form.submit();
    });
  }
}
