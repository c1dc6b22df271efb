// Submit the form automatically; without JavaScript the user presses the button.
document.getElementById("leaving").submit();
